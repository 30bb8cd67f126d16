// The life of a live stream: frames pushed by whoever reads the camera, worked on one at a time on
// a task's threads, answered to the stream's sink. What is done with a frame is a function given by
// the pipeline. Streams share the threads fairly, because each has at most one piece of work there.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "task/session.h"
#include "task/task_set.h"

namespace perigee::pipeline {

// Thread-safe. Memory: the frame waiting and the frame at work, and a few words for each frame that
// was passed over behind the one at work; whoever pushes bounds how many are unanswered.
class LiveSession final : public task::Session {
 public:
  using Outcome = task::FrameAnswer::Outcome;
  struct Reply {
    Outcome outcome = Outcome::kAnswered;
    Result<task::Answer> answer;
  };
  // On a worker, one call at a time, in the order of pushing. The context's deadline is the
  // frame's. It may throw nothing.
  using Work = std::move_only_function<Reply(const task::Frame&, const task::Context&)>;

  struct Stream {
    task::Context context;  // its stop ends the stream
    task::Seat::Post post;
    task::Session::Sink sink;
  };

  // The clock outlives the session.
  LiveSession(Work work, Stream stream, const Clock& clock);
  ~LiveSession() override;
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;

  void Push(task::Frame frame) override;
  void Finish() override;

 private:
  struct Waiting {
    task::Frame frame;
    TimePoint pushed_at;
  };

  void PassOver();
  TimePoint Urgency() const;
  void Post(TimePoint urgency);
  void WorkOnce(const Result<void>& admitted);
  void AnswerWaiting(const Result<void>& admitted);
  bool WantsWorker();
  Reply Run(const task::Frame& frame);
  void Deliver();

  Work work_;
  const Stream stream_;
  const Clock& clock_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, as all that follows.
  std::optional<Waiting> waiting_;
  bool busy_ = false;        // a piece of work is with the threads, queued or running
  bool running_ = false;     // a frame is at work
  bool delivering_ = false;  // some thread is calling the sink
  bool closed_ = false;
  std::deque<task::FrameAnswer> passed_over_;  // behind the frame at work
  std::deque<task::FrameAnswer> outbox_;       // in the order of pushing
};

}  // namespace perigee::pipeline
