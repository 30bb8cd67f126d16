// What one client of a load saw: counted apart, added up at the end. Not thread-safe.
#pragma once

#include "trial/latency_histogram.h"
#include "trial/load.h"

namespace perigee::trial {

class Tally {
 public:
  void Count(const Result<CallTimes>& result, Duration latency, TimePoint ended);
  void CountInTime() { ++in_time_; }
  // `said`: what the server predicted for a call sent when this one was.
  void CheckHint(const task::Hint& said, const CallTimes& times);
  void Merge(const Tally& other);

  // The fields of a report that come from calls.
  void Fill(LoadReport& report) const;
  TimePoint last_end() const { return last_end_; }

 private:
  struct OptionalMean {
    std::uint64_t count = 0;
    Duration total{};

    void Add(const std::optional<Duration>& value);
    void Merge(const OptionalMean& other);
    std::optional<Duration> Value() const;
  };

  LatencyHistogram latency_;
  std::map<Code, std::uint64_t> errors_;
  std::string first_error_;
  TimePoint first_error_at_ = kNever;
  TimePoint last_end_ = TimePoint::min();
  std::uint64_t requests_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t received_bytes_ = 0;
  OptionalMean queued_;
  OptionalMean compute_;
  std::uint64_t in_time_ = 0;
  LatencyHistogram hint_errors_;  // each nanosecond is a millionth of an error
};

}  // namespace perigee::trial
