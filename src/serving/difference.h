// Are two samples of the same kind? The tests behind a canary's verdict. Each gives the probability
// of seeing so much difference, or more, though there is none. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace perigee::serving {

struct Share {
  std::uint64_t hits = 0;
  std::uint64_t total = 0;
};

// Fisher's exact test, one-sided: does `candidate` have more hits for its size than `stable`?
double MoreHits(const Share& stable, const Share& candidate);

// Mann and Whitney's U by its normal approximation with ties, one-sided: are the values of
// `candidate` larger? For samples of 20 and more.
double Larger(const std::vector<double>& stable, const std::vector<double>& candidate);

// Pearson's chi-square of homogeneity: do the two fall into the classes in other proportions?
// Classes so rare that the approximation would fail are taken together.
using ClassCounts = std::map<int, std::uint64_t>;
double OtherProportions(const ClassCounts& stable, const ClassCounts& candidate);

}  // namespace perigee::serving
