#include "trial/interleave.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace perigee::trial {
namespace {

double Quantile(const std::vector<double>& sorted, double part) {
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Result<double> MeasureOnce(Measure& measure, std::string_view name, const std::stop_token& stop) {
  if (stop.stop_requested()) return Fail(Cancelled("compare: stopped"));
  auto value = measure();
  if (!value) return Fail(std::move(value).error().Within(fmt::format("measure {}", name)));
  if (!std::isfinite(*value) || *value <= 0) {
    return Fail(Internal(fmt::format("measure {}: {} is not a positive number", name, *value)));
  }
  return *value;
}

}  // namespace

Spread SpreadOf(std::vector<double> values) {
  CHECK(!values.empty());
  std::ranges::sort(values);
  return {.minimum = values.front(),
          .lower_quartile = Quantile(values, 0.25),
          .median = Quantile(values, 0.5),
          .upper_quartile = Quantile(values, 0.75),
          .maximum = values.back()};
}

Result<Comparison> Interleave(Measure a, Measure b, int pairs, const std::stop_token& stop) {
  if (pairs < kPairsMin || pairs > kPairsMax) {
    return Fail(InvalidArgument(
        fmt::format("compare: {} pairs are outside {}..{}", pairs, kPairsMin, kPairsMax)));
  }
  Comparison comparison;
  for (int i = 0; i < pairs; ++i) {
    const double of_a = TRY(MeasureOnce(a, "A", stop));
    const double of_b = TRY(MeasureOnce(b, "B", stop));
    comparison.a.push_back(of_a);
    comparison.b.push_back(of_b);
    comparison.ratios.push_back(of_a / of_b);
  }
  comparison.a_spread = SpreadOf(comparison.a);
  comparison.b_spread = SpreadOf(comparison.b);
  comparison.ratio_spread = SpreadOf(comparison.ratios);
  return comparison;
}

}  // namespace perigee::trial
