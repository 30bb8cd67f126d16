// What waits for one model's instances and what they run: the scheduler with its lock, the callers'
// stop tokens, the deadlines and the counters. ServedModel submits; instances take and finish.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/statistics.h"
#include "serving/backlog_options.h"
#include "serving/plan.h"
#include "serving/profiler.h"
#include "serving/recorded_scheduler.h"
#include "serving/request.h"
#include "serving/scheduler.h"
#include "serving/tally.h"
#include "task/context.h"
#include "task/hint.h"

namespace perigee::serving {

// Thread-safe. Every request's `done` is called exactly once, without the lock held: by the
// instance that ran it or the thread lent to it, by the thread that requested its stop, by the
// timekeeper at its deadline, or by Submit or Close themselves. `done` may Submit again; it may not
// destroy the model.
class Backlog {
 public:
  // What an instance is to do. For kMeasure, `batch.rows` says how large a run, `batch.stop` ends
  // it. kLook: a thread that was lent to it has run it, and its session is broken.
  enum class Work { kBatch, kMeasure, kLook, kEnd };
  // Called by the timekeeper, without the lock: an instance's run hangs; start another instance.
  using Replace = std::move_only_function<void()>;
  // Called by the instance that made the last measurement.
  using Measured = std::move_only_function<void(const std::vector<ProfilePoint>&)>;

  Backlog(BacklogOptions options, const Clock& clock, Replace replace, Measured measured);
  // After Close(), and after the last Take and Finish returned.
  ~Backlog() = default;
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  // Runs the request itself, on an idle instance, if the context lends the time that takes.
  void Submit(std::unique_ptr<Request> request, const task::Context& context);

  // An instance's own place, from when its thread begins until that ends.
  Batch& Enter(BatchRunner& runner);
  void Leave(Batch& batch);
  // The next work; blocks until there is some. kEnd once closed.
  Work Take(Batch& batch);
  // Hands out the answers that stand in the batch's requests, which it empties. False: another
  // instance has taken over this one's place.
  bool Finish(Batch& batch);
  // `took`: nothing if the model cannot run on zeros.
  void FinishMeasuring(Batch& batch, std::optional<Duration> took);
  // Waits for so long. False once closed.
  bool Rest(Duration pause);

  // What waits gets Unavailable, what runs is stopped, Take gives kEnd from now on.
  void Close();

  // Counts a request that was refused at the door, before there was a Request.
  void CountRefused(const task::Context& context);
  void CountReplacedSession();
  model::Statistics statistics() const;
  task::Hint hint(Duration budget) const;
  // All but the instances.
  model::Profile profile() const;

 private:
  static constexpr const char* kUnloading = "the model is being unloaded";
  static constexpr const char* kAllHang = "every instance is held by a run that does not end";

  friend struct StopHandler;
  using Requests = std::vector<std::unique_ptr<Request>>;
  using Stops = std::vector<std::stop_source>;
  // What follows from one look of the timekeeper at all that is late or overlong.
  struct Round {
    Requests answered;
    Stops stops;
    int replacements = 0;
    TimePoint next = kNever;  // when to look again
  };

  // Without the lock.
  static void HandOut(std::unique_ptr<Request> request);
  static void HandOut(Requests requests);
  // Returns early if it likes; callers loop. The time comes from Clock, which need not be the one
  // that the condition variable knows, so what is handed over is how long, not until when.
  static void WaitUntil(std::condition_variable& signal, std::unique_lock<std::mutex>& lock,
                        TimePoint until, TimePoint now);
  void OnStop(Request& request);
  void EndStopped(std::unique_lock<std::mutex>& lock, const Request& request);
  void KeepTime();

  // These want the lock held.
  void Enqueue(std::unique_ptr<Request>& request, const task::Context& context);
  Result<void> Admit(Request& request, task::Priority priority);
  void Start(Batch& batch, TimePoint now);
  bool StartMeasuring(Batch& batch);
  bool EndRun(Batch& batch, TimePoint now);
  void StopRun(Batch& batch, TimePoint now, Stops& stops);
  std::unique_ptr<Request> Extract(std::uint64_t id);
  std::unique_ptr<Request> ExtractEnded(std::uint64_t id, Error why);
  Requests ExtractDropped(TimePoint now);
  Requests ExtractAll(const char* why);
  void Settle(const Batch& batch, Request& request, TimePoint now);
  Error WhyStopped(const Batch& batch, const Request& request, TimePoint now) const;
  Round Look(TimePoint now);
  void TakeCallers(Batch& batch, TimePoint now, Round& round);
  void GiveUpInstance(Batch& batch, Round& round);
  TimePoint HopelessAt(const Request& request) const;
  bool WakesTimekeeper(TimePoint at);
  // Waits until there may be work for this instance.
  void Park(Batch& batch, std::unique_lock<std::mutex>& lock, TimePoint now);
  // Of an instance that waits and now is taken; null if none does.
  Batch* TakeIdle();
  // The same, to be notified without the lock.
  Batch* Wake();
  // An instance that is to run the only request that waits, on this thread; null if that must not
  // be. `late`: what can no longer be in time.
  Batch* Lend(int rows, Duration lends, Requests& late);
  // Without the lock.
  void RunHere(Batch& batch);

  const BacklogOptions options_;
  const Clock& clock_;
  Replace replace_;
  Measured measured_;

  mutable std::mutex mutex_;
  std::condition_variable time_;     // for the timekeeper: an earlier deadline
  std::condition_variable ended_;    // for Close: ending_ fell
  std::condition_variable closing_;  // for Rest
  // All below under mutex_.
  RecordedScheduler scheduler_;
  Profiler profiler_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Request>> waiting_;
  std::vector<Batch*> running_;
  Batch* measuring_ = nullptr;
  Decision decision_;  // scratch
  std::uint64_t id_last_ = 0;
  int gather_max_;
  model::ProfileSource source_;
  std::deque<Batch> places_;     // as many as there were instances at once
  std::vector<Batch*> idle_;     // of those that wait in Take; the last to come is woken first
  bool ever_disobeyed_ = false;  // a run ignored its stop: nobody's thread runs this model any more
  int ending_ = 0;               // threads outside ours that are calling a `done`
  int hung_ = 0;                 // runs given up that have not returned
  int lost_ = 0;                 // places whose run hangs and that no other instance took
  bool closed_ = false;
  TimePoint timekeeper_wakes_ = kNever;
  Tally tally_;

  std::jthread timekeeper_;  // answers what is late even while every instance is busy
};

}  // namespace perigee::serving
