// The last 64 of a quantity, with its quantiles: what remains of an outlier is one sample of 64,
// and what was true an hour ago is forgotten. A value; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace perigee::serving {

class RecentSamples {
 public:
  static constexpr int kMax = 64;

  // O(log 64) to find the place and one short move: cheaper than the five markers of P2, and exact.
  void Add(float value) {
    const auto end = sorted_.begin() + size_;
    if (size_ == kMax) {
      auto out = std::lower_bound(sorted_.begin(), end, in_order_[next_]);
      std::move(out + 1, end, out);
      --size_;
    }
    const auto last = sorted_.begin() + size_;
    const auto place = std::upper_bound(sorted_.begin(), last, value);
    std::move_backward(place, last, last + 1);
    *place = value;
    ++size_;
    in_order_[next_] = value;
    next_ = (next_ + 1) % kMax;
  }

  int size() const { return size_; }

  // Linear between the two nearest; 0 while there are none. `q` in [0, 1].
  float Quantile(double q) const {
    if (size_ == 0) return 0;
    const double place = q * (size_ - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min<std::size_t>(below + 1, static_cast<std::size_t>(size_) - 1);
    return std::lerp(sorted_[below], sorted_[above],
                     static_cast<float>(place - static_cast<double>(below)));
  }

 private:
  std::array<float, kMax> in_order_{};
  std::array<float, kMax> sorted_{};
  std::size_t next_ = 0;
  int size_ = 0;
};

}  // namespace perigee::serving
