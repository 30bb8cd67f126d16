// Text in the Prometheus exposition format (version 0.0.4): families, each begun once, then its
// samples. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perigee::wire {

using Labels = std::vector<std::pair<std::string, std::string>>;

// `labels` and one more.
Labels With(Labels labels, std::string_view name, std::string_view value);

class Exposition {
 public:
  void Begin(std::string_view name, std::string_view type, std::string_view help);
  // `suffix` goes behind the family's name.
  void Sample(std::string_view suffix, const Labels& labels, double value);
  // Of a family that is a histogram: `counts` has one more element than `bounds`, for the rest.
  void Histogram(const Labels& labels, std::span<const double> bounds,
                 std::span<const std::uint64_t> counts, double sum);

  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

}  // namespace perigee::wire
