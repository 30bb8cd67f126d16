// Which of two is larger, on a machine whose speed drifts: measured in turn, A B A B ..., and
// compared pair by pair, so that a drift touches both alike. Pure but for the measurements; one
// thread.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "base/result.h"

namespace perigee::trial {

inline constexpr int kPairsMin = 5;
inline constexpr int kPairsMax = 1000;

struct Spread {
  double minimum = 0;
  double lower_quartile = 0;
  double median = 0;
  double upper_quartile = 0;
  double maximum = 0;
};

// Quartiles by linear interpolation. CHECKs that there is a value.
Spread SpreadOf(std::vector<double> values);

// One number, the larger the more; above zero.
using Measure = std::move_only_function<Result<double>()>;

struct Comparison {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<double> ratios;  // a / b of each pair
  Spread a_spread;
  Spread b_spread;
  Spread ratio_spread;  // its median is the answer
};

// InvalidArgument for a number of pairs outside kPairsMin..kPairsMax; the error of a measurement
// that fails; Internal for one that is not a positive number; Cancelled if stopped between two.
Result<Comparison> Interleave(Measure a, Measure b, int pairs, const std::stop_token& stop);

}  // namespace perigee::trial
