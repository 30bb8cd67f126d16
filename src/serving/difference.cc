#include "serving/difference.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace perigee::serving {
namespace {

// Expected below this in either sample, a class is pooled. At 5 the tail at 1e-4 is still up to
// twice its nominal size; at 8 the simulated canaries of canary_test.cc stay inside.
constexpr double kExpectedMin = 8;

// std::lgamma writes a global.
double LogGamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double LogChoose(double n, double k) {
  return LogGamma(n + 1) - LogGamma(k + 1) - LogGamma(n - k + 1);
}

// Upper tail of the standard normal distribution.
double NormalTail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

// Upper tail of chi-square: the finite series that whole degrees of freedom have, term by term in
// logarithms so that nothing overflows.
double ChiSquareTail(double value, int degrees) {
  const double half = value / 2;
  if (!(half > 0)) return 1;
  const bool odd = degrees % 2 == 1;
  double tail = odd ? std::erfc(std::sqrt(half)) : 0;
  for (int i = 0; i < degrees / 2; ++i) {
    const double power = odd ? i + 0.5 : i;
    tail += std::exp(power * std::log(half) - LogGamma(power + 1) - half);
  }
  return tail;
}

// The ranks' sum of the second sample, and the ties' term of its variance.
std::pair<double, double> RankSum(const std::vector<double>& first,
                                  const std::vector<double>& second) {
  std::vector<std::pair<double, bool>> all;
  all.reserve(first.size() + second.size());
  for (const double value : first) all.emplace_back(value, false);
  for (const double value : second) all.emplace_back(value, true);
  std::ranges::sort(all);
  double sum = 0;
  double ties = 0;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    double of_second = 0;
    for (; end < all.size() && all[end].first == all[begin].first; ++end) {
      of_second += all[end].second ? 1 : 0;
    }
    const auto same = static_cast<double>(end - begin);
    sum += of_second * (static_cast<double>(begin + end) + 1) / 2;
    ties += same * same * same - same;
    begin = end;
  }
  return {sum, ties};
}

struct Pair {
  double stable = 0;
  double candidate = 0;
};

// The classes, the rare ones in one; if that is rare itself, it joins the smallest.
std::vector<Pair> Pool(const ClassCounts& stable, const ClassCounts& candidate, double part) {
  std::map<int, Pair> classes;
  for (const auto& [label, count] : stable) classes[label].stable = static_cast<double>(count);
  for (const auto& [label, count] : candidate) {
    classes[label].candidate = static_cast<double>(count);
  }
  const auto rare = [part](const Pair& pair) {
    return (pair.stable + pair.candidate) * std::min(part, 1 - part) < kExpectedMin;
  };
  std::vector<Pair> pooled;
  Pair rest;
  for (const auto& [label, pair] : classes) {
    if (!rare(pair)) {
      pooled.push_back(pair);
    } else {
      rest.stable += pair.stable;
      rest.candidate += pair.candidate;
    }
  }
  if (!rare(rest)) {
    pooled.push_back(rest);
  } else if (!pooled.empty()) {
    const auto smallest = std::ranges::min_element(
        pooled, {}, [](const Pair& pair) { return pair.stable + pair.candidate; });
    smallest->stable += rest.stable;
    smallest->candidate += rest.candidate;
  }
  return pooled;
}

double Total(const ClassCounts& counts) {
  double total = 0;
  for (const auto& [label, count] : counts) total += static_cast<double>(count);
  return total;
}

}  // namespace

double MoreHits(const Share& stable, const Share& candidate) {
  const auto n = static_cast<double>(stable.total + candidate.total);
  const auto hits = static_cast<double>(stable.hits + candidate.hits);
  const auto drawn = static_cast<double>(candidate.total);
  double tail = 0;
  const auto most = static_cast<std::uint64_t>(std::min(hits, drawn));
  for (std::uint64_t each = candidate.hits; each <= most; ++each) {
    const auto k = static_cast<double>(each);
    if (drawn - k > n - hits) continue;  // cannot be
    tail += std::exp(LogChoose(hits, k) + LogChoose(n - hits, drawn - k) - LogChoose(n, drawn));
  }
  return std::min(tail, 1.0);
}

double Larger(const std::vector<double>& stable, const std::vector<double>& candidate) {
  const auto m = static_cast<double>(stable.size());
  const auto k = static_cast<double>(candidate.size());
  const double n = m + k;
  const auto [ranks, ties] = RankSum(stable, candidate);
  const double variance = m * k / 12 * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0)) return 1;  // empty, or all the same
  const double excess = ranks - k * (n + 1) / 2;
  return NormalTail((excess - 0.5) / std::sqrt(variance));
}

double OtherProportions(const ClassCounts& stable, const ClassCounts& candidate) {
  const double m = Total(stable);
  const double k = Total(candidate);
  if (m == 0 || k == 0) return 1;
  const double part = k / (m + k);
  const std::vector<Pair> classes = Pool(stable, candidate, part);
  if (classes.size() < 2) return 1;
  double distance = 0;
  for (const Pair& pair : classes) {
    const double expected = (pair.stable + pair.candidate) * part;
    const double otherwise = (pair.stable + pair.candidate) * (1 - part);
    distance += (pair.candidate - expected) * (pair.candidate - expected) / expected;
    distance += (pair.stable - otherwise) * (pair.stable - otherwise) / otherwise;
  }
  return ChiSquareTail(distance, static_cast<int>(classes.size()) - 1);
}

}  // namespace perigee::serving
