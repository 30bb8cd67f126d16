#include "trial/tally.h"

#include <algorithm>
#include <cmath>

namespace perigee::trial {

void Tally::OptionalMean::Add(const std::optional<Duration>& value) {
  if (!value) return;
  ++count;
  total += *value;
}

void Tally::OptionalMean::Merge(const OptionalMean& other) {
  count += other.count;
  total += other.total;
}

std::optional<Duration> Tally::OptionalMean::Value() const {
  if (count == 0) return std::nullopt;
  return total / static_cast<Duration::rep>(count);
}

void Tally::Count(const Result<CallTimes>& result, Duration latency, TimePoint ended) {
  ++requests_;
  last_end_ = std::max(last_end_, ended);
  if (!result) {
    ++errors_[result.error().code];
    if (first_error_at_ == kNever) {
      first_error_ = result.error().message;
      first_error_at_ = ended;
    }
    return;
  }
  latency_.Add(latency);
  sent_bytes_ += result->sent_bytes;
  received_bytes_ += result->received_bytes;
  queued_.Add(result->queued);
  compute_.Add(result->compute);
}

void Tally::CheckHint(const task::Hint& said, const CallTimes& times) {
  constexpr double kUnit = 1e6;
  constexpr double kErrorMax = 1000;
  if (!times.queued || !times.compute) return;
  const double taken = ToMilliseconds(std::max(*times.queued + *times.compute, Duration(1)));
  const double error = std::abs(ToMilliseconds(said.wait + said.service) - taken) / taken;
  hint_errors_.Add(Duration(static_cast<Duration::rep>(std::min(error, kErrorMax) * kUnit)));
}

void Tally::Merge(const Tally& other) {
  latency_.Merge(other.latency_);
  for (const auto& [code, count] : other.errors_) errors_[code] += count;
  if (other.first_error_at_ < first_error_at_) {
    first_error_ = other.first_error_;
    first_error_at_ = other.first_error_at_;
  }
  last_end_ = std::max(last_end_, other.last_end_);
  requests_ += other.requests_;
  sent_bytes_ += other.sent_bytes_;
  received_bytes_ += other.received_bytes_;
  queued_.Merge(other.queued_);
  compute_.Merge(other.compute_);
  in_time_ += other.in_time_;
  hint_errors_.Merge(other.hint_errors_);
}

void Tally::Fill(LoadReport& report) const {
  report.requests = requests_;
  report.succeeded = latency_.count();
  report.errors = errors_;
  report.first_error = first_error_;
  report.sent_bytes = sent_bytes_;
  report.received_bytes = received_bytes_;
  report.latency = {.mean = latency_.Mean(),
                    .minimum = latency_.Minimum(),
                    .p50 = latency_.Percentile(50),
                    .p90 = latency_.Percentile(90),
                    .p95 = latency_.Percentile(95),
                    .p99 = latency_.Percentile(99),
                    .maximum = latency_.Maximum()};
  report.queued_mean = queued_.Value();
  report.compute_mean = compute_.Value();
  report.in_time = in_time_;
  if (hint_errors_.count() == 0) return;
  report.hint_error = static_cast<double>(hint_errors_.Percentile(50).count()) / 1e6;
}

}  // namespace perigee::trial
