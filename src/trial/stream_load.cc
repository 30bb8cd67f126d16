#include "trial/stream_load.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace perigee::trial {
namespace {

using Outcome = task::FrameAnswer::Outcome;

constexpr std::size_t kSentencesMax = 8;

bool HasAnswer(Outcome outcome) {
  return outcome != Outcome::kSkipped && outcome != Outcome::kFailed;
}

// One camera. Frame n is due at `first` + n intervals.
class Camera {
 public:
  Camera(FrameLink& link, std::span<const std::vector<std::byte>> pictures,
         const StreamLoadOptions& options, Timeline& timeline)
      : link_(link), pictures_(pictures), options_(options), timeline_(timeline) {}

  StreamReport Run(TimePoint first, std::size_t first_picture) {
    first_ = first;
    report_.streams = 1;
    const Result<void> ran = Send(first_picture);
    if (!ran) report_.broken = ran.error().message;
    report_.unanswered = sent_ - answered_;
    return std::move(report_);
  }

 private:
  TimePoint Due(std::uint64_t frame) const {
    return first_ +
           Duration(static_cast<Duration::rep>(static_cast<double>(frame) * 1e9 / options_.fps));
  }

  Result<void> Send(std::size_t picture) {
    const TimePoint end = first_ + options_.duration;
    for (std::uint64_t frame = 0; Due(frame) < end; ++frame) {
      TRY(ReceiveUntil(Due(frame)));
      ++report_.due;
      const bool taken = TRY(link_.Send(frame, pictures_[picture++ % pictures_.size()]));
      if (taken) ++sent_;
      if (!taken) ++report_.unsent;
    }
    const TimePoint patience = timeline_.Now() + options_.patience;
    while (answered_ < sent_ && timeline_.Now() < patience) TRY(ReceiveOne(patience));
    return {};
  }

  Result<void> ReceiveUntil(TimePoint until) {
    while (timeline_.Now() < until) TRY(ReceiveOne(until));
    return {};
  }

  Result<void> ReceiveOne(TimePoint until) {
    const std::optional<task::FrameAnswer> answer = TRY(link_.Receive(until));
    if (answer) Count(*answer);
    return {};
  }

  void Count(const task::FrameAnswer& answer) {
    ++answered_;
    ++report_.outcomes.at(static_cast<std::size_t>(answer.outcome));
    if (answer.outcome == Outcome::kFailed && report_.failures.size() < kSentencesMax) {
      ++report_.failures[answer.answer.error().message];
    }
    if (!HasAnswer(answer.outcome)) return;
    const Duration latency = timeline_.Now() - Due(answer.id);
    report_.latency.Add(latency);
    if (latency <= options_.in_time) ++report_.in_time;
  }

  FrameLink& link_;
  const std::span<const std::vector<std::byte>> pictures_;
  const StreamLoadOptions& options_;
  Timeline& timeline_;
  TimePoint first_;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  StreamReport report_;
};

}  // namespace

void StreamReport::Merge(const StreamReport& other) {
  streams += other.streams;
  due += other.due;
  unsent += other.unsent;
  for (std::size_t i = 0; i < kOutcomes; ++i) outcomes.at(i) += other.outcomes.at(i);
  unanswered += other.unanswered;
  in_time += other.in_time;
  latency.Merge(other.latency);
  for (const auto& [sentence, count] : other.failures) {
    if (failures.size() < kSentencesMax || failures.contains(sentence)) failures[sentence] += count;
  }
  if (broken.empty()) broken = other.broken;
}

StreamReport RunStreams(std::vector<std::unique_ptr<FrameLink>> links,
                        std::span<const std::vector<std::byte>> pictures,
                        const StreamLoadOptions& options, Timeline& timeline) {
  std::mutex mutex;
  StreamReport all;
  const TimePoint begin = timeline.Now();
  {
    std::vector<std::jthread> cameras;
    for (std::size_t i = 0; i < links.size(); ++i) {
      const double phase = static_cast<double>(i) / static_cast<double>(links.size());
      const TimePoint first =
          begin + Duration(static_cast<Duration::rep>(phase * 1e9 / options.fps));
      cameras.emplace_back([&, i, first] {
        const StreamReport one = Camera(*links[i], pictures, options, timeline).Run(first, i);
        const std::scoped_lock lock(mutex);
        all.Merge(one);
      });
    }
  }
  return all;
}

}  // namespace perigee::trial
