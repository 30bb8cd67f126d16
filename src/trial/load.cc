#include "trial/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "runtime/guarded.h"
#include "trial/tally.h"

namespace perigee::trial {
namespace {

constexpr Duration kLongest = std::chrono::hours(24);
constexpr double kRateMax = 1e6;

Result<void> CheckShape(std::size_t clients, const LoadOptions& options) {
  if (clients == 0 || clients > kClientsMax) {
    return Fail(InvalidArgument(
        fmt::format("start load: {} clients are outside 1..{}", clients, kClientsMax)));
  }
  const double rate = options.rate_per_second;
  if (!std::isfinite(rate) || rate < 0 || rate > kRateMax) {
    return Fail(InvalidArgument(
        fmt::format("start load: a rate of {} per second is outside 0..{}", rate, kRateMax)));
  }
  if (options.backlog_max < 1 || options.backlog_max > kBacklogMax) {
    return Fail(InvalidArgument(fmt::format("start load: a backlog of {} is outside 1..{}",
                                            options.backlog_max, kBacklogMax)));
  }
  return {};
}

Result<void> CheckTimes(const LoadOptions& options) {
  const auto fits = [](Duration time, Duration least) { return time >= least && time <= kLongest; };
  if (!fits(options.warm_up, Duration{})) {
    return Fail(InvalidArgument("start load: the warm-up is outside 0..24 hours"));
  }
  if (options.requests == 0 && !fits(options.duration, Duration(1))) {
    return Fail(InvalidArgument("start load: the duration is zero or above 24 hours"));
  }
  if (options.budget && !fits(*options.budget, Duration(1))) {
    return Fail(InvalidArgument("start load: the budget is zero or above 24 hours"));
  }
  if (!fits(options.timeout, Duration(1))) {
    return Fail(InvalidArgument("start load: the timeout is zero or above 24 hours"));
  }
  return {};
}

// Hands out starts, one request each. Thread-safe.
class Starts {
 public:
  Starts(const LoadOptions& options, TimePoint now)
      : measure_from_(now + options.warm_up),
        end_(options.requests > 0 ? kNever : measure_from_ + options.duration),
        count_max_(options.requests) {
    if (options.rate_per_second == 0) return;
    arrivals_.With([&](std::optional<Arrivals>& arrivals) {
      arrivals.emplace(Arrivals::Plan{.rate_per_second = options.rate_per_second,
                                      .spacing = options.spacing,
                                      .seed = options.seed,
                                      .backlog_max = static_cast<std::size_t>(options.backlog_max),
                                      .start = now,
                                      .measure_from = measure_from_,
                                      .end = end_,
                                      .count_max = count_max_});
    });
  }

  // Empty: no more.
  std::optional<TimePoint> Take(TimePoint now) {
    return arrivals_.With([&](std::optional<Arrivals>& arrivals) -> std::optional<TimePoint> {
      // Past the end the backlog is abandoned, or a slow server would stretch the load without
      // bound.
      if (now >= end_ || (count_max_ > 0 && started_ >= count_max_)) return std::nullopt;
      const std::optional<TimePoint> intended = arrivals ? arrivals->Take(now) : now;
      if (intended && IsMeasured(*intended)) ++started_;
      return intended;
    });
  }
  std::uint64_t Finish(TimePoint now) {
    return arrivals_.With([&](std::optional<Arrivals>& arrivals) -> std::uint64_t {
      if (!arrivals) return 0;
      arrivals->Abandon(now);
      return arrivals->dropped();
    });
  }

  bool IsMeasured(TimePoint intended) const { return intended >= measure_from_; }
  TimePoint measure_from() const { return measure_from_; }

 private:
  const TimePoint measure_from_;
  const TimePoint end_;
  const std::uint64_t count_max_;
  std::uint64_t started_ = 0;  // measured; touched only inside With
  runtime::Guarded<std::optional<Arrivals>> arrivals_;
};

// What the server predicted last, to whichever client: a caller that asks it between two requests
// knows as much. Thread-safe.
class LastWords {
 public:
  // Empty: nothing, or nothing that still holds.
  std::optional<task::Hint> At(TimePoint now) const {
    return heard_.With([now](const Heard& heard) -> std::optional<task::Hint> {
      if (now > heard.until) return std::nullopt;
      return heard.hint;
    });
  }
  void Hear(const task::Hint& hint, TimePoint now) {
    const bool said = hint.valid_for > Duration{};
    heard_.With([&](Heard& heard) {
      heard = {hint, said ? DeadlineAfter(now, hint.valid_for) : TimePoint::min()};
    });
  }

 private:
  struct Heard {
    task::Hint hint;
    TimePoint until = TimePoint::min();
  };
  runtime::Guarded<Heard> heard_;
};

class LoadRun {
 public:
  LoadRun(const LoadOptions& options, Timeline& timeline)
      : options_(options), timeline_(timeline), starts_(options, timeline.Now()) {}

  void RunClient(Call& call, Tally& tally, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::optional<TimePoint> intended = starts_.Take(timeline_.Now());
      if (!intended) return;
      timeline_.WaitUntil(*intended, stop);
      if (stop.stop_requested()) return;
      if (starts_.IsMeasured(*intended)) std::call_once(measuring_, [this] { Sample(begin_); });
      const std::optional<task::Hint> said = last_words_.At(timeline_.Now());
      const Result<CallTimes> result = CallOnce(call, *intended, stop);
      const TimePoint ended = timeline_.Now();
      // A call that the stop itself cut short says nothing about the server.
      if (stop.stop_requested() && !result) return;
      if (result && said) tally.CheckHint(*said, *result);
      if (result) last_words_.Hear(result->next, ended);
      if (starts_.IsMeasured(*intended)) {
        tally.Count(result, ended - *intended, ended);
        if (result && ended - *intended <= options_.budget.value_or(Duration::max())) {
          tally.CountInTime();
        }
      }
    }
  }

  LoadReport Report(std::span<const Tally> tallies, bool stopped) {
    Tally all;
    for (const Tally& tally : tallies) all.Merge(tally);
    LoadReport report;
    report.clients = tallies.size();
    report.rate_per_second = options_.rate_per_second;
    all.Fill(report);
    report.budget = options_.budget;
    report.dropped = starts_.Finish(timeline_.Now());
    report.stopped = stopped;
    if (report.requests == 0) return report;
    report.wall = all.last_end() - starts_.measure_from();
    Samples end;
    Sample(end);
    report.client_cpu = end.client_cpu - begin_.client_cpu;
    if (begin_.server && end.server) {
      report.server = ProcessUsage{.cpu = end.server->cpu - begin_.server->cpu,
                                   .resident_bytes = end.server->resident_bytes};
    }
    return report;
  }

 private:
  struct Samples {
    Duration client_cpu{};
    std::optional<ProcessUsage> server;
  };

  void Sample(Samples& samples) const {
    samples.client_cpu = OwnCpuTime();
    if (!options_.server_pid) return;
    const auto usage = ReadProcessUsage(*options_.server_pid);
    if (usage) samples.server = *usage;
  }

  Result<CallTimes> CallOnce(Call& call, TimePoint intended, const std::stop_token& stop) {
    task::Context context{.deadline = DeadlineAfter(timeline_.Now(), options_.timeout),
                          .stop = stop,
                          .purpose = "bench",
                          .tenant = options_.tenant};
    if (options_.budget) {
      context.deadline = std::min(context.deadline, DeadlineAfter(intended, *options_.budget));
    }
    return call(context);
  }

  const LoadOptions& options_;
  Timeline& timeline_;
  Starts starts_;
  LastWords last_words_;
  std::once_flag measuring_;
  Samples begin_;
};

// A thread each; all have ended when this returns.
Result<void> RunClients(LoadRun& run, std::vector<Call>& calls, std::vector<Tally>& tallies,
                        const std::stop_source& halt) {
  std::vector<std::jthread> threads;
  threads.reserve(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    try {
      threads.emplace_back(
          [&, i, stop = halt.get_token()] { run.RunClient(calls[i], tallies[i], stop); });
    } catch (const std::system_error& error) {
      std::stop_source(halt).request_stop();
      return Fail(ResourceExhausted(fmt::format("start client {}: {}", i + 1, error.what())));
    }
  }
  return {};
}

}  // namespace

double LoadReport::Throughput() const {
  return wall > Duration{} ? static_cast<double>(succeeded) / ToSeconds(wall) : 0;
}

double LoadReport::Goodput() const {
  const std::uint64_t wanted = requests + dropped;
  return wanted > 0 ? static_cast<double>(in_time) / static_cast<double>(wanted) : 0;
}

Result<LoadReport> RunLoad(std::vector<Call> calls, const LoadOptions& options, Timeline& timeline,
                           const std::stop_token& stop) {
  TRY(CheckShape(calls.size(), options));
  TRY(CheckTimes(options));
  if (options.server_pid) TRY(ReadProcessUsage(*options.server_pid));
  std::stop_source halt;
  const std::stop_callback forward(stop, [&halt] { halt.request_stop(); });
  std::vector<Tally> tallies(calls.size());
  LoadRun run(options, timeline);
  TRY(RunClients(run, calls, tallies, halt));
  return run.Report(tallies, stop.stop_requested());
}

}  // namespace perigee::trial
