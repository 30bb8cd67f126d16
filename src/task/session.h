// PORT Session: one stream of frames from one camera, and the state that it needs between frames
// (tracks, the last answer). Frames in, answers out, each with its frame's id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "task/answer.h"
#include "task/context.h"
#include "task/hint.h"

namespace perigee::task {

struct Frame {
  std::uint64_t id = 0;           // the camera's own; comes back with the answer
  std::int64_t timestamp_us = 0;  // the camera's own clock; comes back, never interpreted
  std::vector<std::byte> bytes;   // an encoded picture, behind what came before it in its message
  std::size_t picture_at = 0;     // where in `bytes` the picture begins
  TimePoint deadline = kNever;

  std::span<const std::byte> picture() const { return std::span(bytes).subspan(picture_at); }
};

struct FrameAnswer {
  enum class Outcome {
    kAnswered,   // a fresh answer
    kTracked,    // boxes followed from an earlier frame; the expressions may be an earlier frame's
    kUnchanged,  // the picture has not changed: the answer before, again
    kSkipped,    // a fresher frame came before this one was begun; there is no answer
    kFailed,     // `answer` is the error; the stream goes on
  };
  std::uint64_t id = 0;
  std::int64_t timestamp_us = 0;
  Outcome outcome = Outcome::kAnswered;
  Result<Answer> answer;
  Duration queued{};   // from Push to the start of its work
  Duration compute{};  // that its work took; none for a frame passed over
  Hint next{};         // for a frame that comes now; added by whoever carries the answer on
};
std::string_view OutcomeName(FrameAnswer::Outcome outcome);  // "answered", "tracked", ...

// Thread-safe. Keeps at most one frame waiting and one at work, however fast frames come: the
// freshest wins, the one passed over is answered kSkipped. Every frame pushed is answered exactly
// once, in the order of pushing.
class Session {
 public:
  // Called from any thread, one call at a time. Must not block for long: it holds up this stream
  // (and no other).
  using Sink = std::function<void(FrameAnswer)>;

  virtual ~Session() = default;  // drops what waits without an answer, waits for what runs
  virtual void Push(Frame frame) = 0;
  // No more frames; returns when all are answered.
  virtual void Finish() = 0;
};

}  // namespace perigee::task
