// Writes down what a scheduler was told and what it decided, so that `perigee replay` can ask it
// again: see trial/trace.h for the reader. Text, an event a line. Not thread-safe: whoever holds
// the scheduler's lock calls it.
//
//   perigee-trace 1
//   options INSTANCES BATCH_MAX WAIT_MAX QUEUE_MAX ROWS_MAX
//   s [ROWS MEDIAN P95]...                           the profile is seeded
//   a STEP ID ROWS KEY BUDGET|- PRIORITY TENANT      arrived; KEY in hex, PRIORITY 0 high to 2 low
//   d STEP HASH | e STEP HASH                        Decide, Expire; HASH of all decisions so far
//   f STEP TOOK ROWS LEARN                           a run has ended
//   r ID | c                                         Remove, Clear
//
// Times in ns; STEP is the time since the line before that has one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "serving/scheduler.h"

namespace perigee::serving {

// Of all that was decided, in order: equal hashes, equal decisions.
class DecisionHash {
 public:
  void Add(const Decision& decision);
  std::uint64_t digest() const { return digest_; }

 private:
  void Add(std::uint64_t word);
  std::uint64_t digest_ = 0xcbf29ce484222325;
};

class TraceRecorder {
 public:
  // Gets whole lines, about 64 KiB at a time and the rest from Flush. It is called with the
  // scheduler's lock held, so it may write to a file but not wait for anybody.
  using Sink = std::function<void(std::string_view lines)>;

  // Stops after `bytes_max`, at the end of a line: the beginning of a trace is a trace.
  TraceRecorder(const SchedulerOptions& options, Sink sink, std::uint64_t bytes_max);
  ~TraceRecorder() { Flush(); }
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  // Before the scheduler is told.
  void Seed(const std::vector<ProfilePoint>& points);
  void Push(const QueuedRequest& request, TimePoint now);
  void Finish(TimePoint started, int rows, TimePoint now, bool learn);
  void Remove(std::uint64_t id);
  void Clear();
  // After it was asked: Decide if `free`, or Expire.
  void Decide(TimePoint now, bool free, const Decision& decision);

  void Flush();

 private:
  std::int64_t Step(TimePoint now);  // ns since the event before
  void EndLine();

  Sink sink_;
  std::uint64_t bytes_left_;
  std::string lines_;
  TimePoint last_ = TimePoint::min();
  DecisionHash hash_;
  bool ended_ = false;  // bytes_max were written
};

}  // namespace perigee::serving
