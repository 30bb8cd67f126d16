// Cameras that do not wait: each stream sends a frame at fixed times, whatever became of the ones
// before, and what came back is counted. Frames and answers go through a link that wiring hands in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "task/session.h"
#include "trial/latency_histogram.h"
#include "trial/timeline.h"

namespace perigee::trial {

inline constexpr int kStreamsMax = 256;

// One stream at a node. Used by one thread.
class FrameLink {
 public:
  virtual ~FrameLink() = default;
  // False: the link is still busy with the frame before, so this one is lost at the camera.
  virtual Result<bool> Send(std::uint64_t id, std::span<const std::byte> picture) = 0;
  // The next answer; none if `until` comes first.
  virtual Result<std::optional<task::FrameAnswer>> Receive(TimePoint until) = 0;
};

struct StreamLoadOptions {
  double fps = 15;  // of each stream
  Duration duration = std::chrono::seconds(10);
  Duration in_time = std::chrono::milliseconds(100);  // an answer that took longer is late
  Duration patience = std::chrono::seconds(2);        // for answers after the last frame
};

struct StreamReport {
  static constexpr std::size_t kOutcomes = 5;

  int streams = 0;
  std::uint64_t due = 0;                            // frames whose time came
  std::uint64_t unsent = 0;                         // lost at the camera, see FrameLink::Send
  std::array<std::uint64_t, kOutcomes> outcomes{};  // by FrameAnswer::Outcome
  std::uint64_t unanswered = 0;                     // sent, and nothing came back
  std::uint64_t in_time = 0;                        // with an answer, within options.in_time
  LatencyHistogram latency;  // of frames with an answer, from when they were due
  std::map<std::string, std::uint64_t> failures;  // sentences of failed frames, the first few
  std::string broken;                             // why a stream ended early, if one did

  // Processor time while the streams ran, of this process and of the node; filled in by wiring.
  std::optional<Duration> own_cpu;
  std::optional<Duration> node_cpu;

  void Merge(const StreamReport& other);
};

// A thread for each link. Streams begin spread over one frame's time. `pictures` are sent in turn,
// over and over; not empty.
StreamReport RunStreams(std::vector<std::unique_ptr<FrameLink>> links,
                        std::span<const std::vector<std::byte>> pictures,
                        const StreamLoadOptions& options, Timeline& timeline);

// One object, or lines of text, as trial/report.h has them.
std::string ToJson(const StreamReport& report);
std::string ToTable(const StreamReport& report);

}  // namespace perigee::trial
