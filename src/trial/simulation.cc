#include "trial/simulation.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <random>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "trial/waiting_line.h"

namespace perigee::trial {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1)};

double SecondsOf(Duration duration) { return ToSeconds(duration); }

struct Arrival {
  TimePoint at;
  std::uint32_t tenant = 0;
  std::size_t budget = 0;
};

// The next arrival of each tenant; the earliest comes first.
class ArrivalStream {
 public:
  explicit ArrivalStream(const SimulationOptions& options)
      : options_(options), random_(options.seed), end_(kStart + options.length) {
    for (const SimulatedTenant& tenant : options.tenants) {
      next_.push_back(tenant.rate_per_second > 0 ? kStart + Gap(tenant) : kNever);
    }
  }

  // kNever: there are no more.
  TimePoint next() const {
    const TimePoint first = *std::ranges::min_element(next_);
    return made_ < options_.arrivals_max && first < end_ ? first : kNever;
  }

  Arrival Take() {
    const auto soonest = std::ranges::min_element(next_);
    const auto tenant = static_cast<std::size_t>(soonest - next_.begin());
    const SimulatedTenant& who = options_.tenants[tenant];
    ++made_;
    const Arrival arrival{*soonest, static_cast<std::uint32_t>(tenant),
                          random_() % who.budgets.size()};
    *soonest += Gap(who);
    return arrival;
  }

  // Of a run that takes `took` by the rule.
  Duration Noisy(Duration took) {
    if (options_.noise <= 0) return took;
    const double factor = std::exp(options_.noise * normal_(random_));
    return Duration(std::llround(static_cast<double>(took.count()) * factor));
  }

 private:
  Duration Gap(const SimulatedTenant& tenant) {
    const double ns = 1e9 / tenant.rate_per_second * exponential_(random_);
    return Duration(std::max<Duration::rep>(1, std::llround(ns)));
  }

  const SimulationOptions& options_;
  std::mt19937_64 random_;
  std::exponential_distribution<double> exponential_{1.0};
  std::normal_distribution<double> normal_;
  TimePoint end_;
  std::vector<TimePoint> next_;
  std::uint64_t made_ = 0;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options), arrivals_(options), line_(MakeLine(options)) {
    for (const SimulatedTenant& tenant : options.tenants) {
      CHECK(!tenant.budgets.empty());
      report_.by_tenant.emplace_back(tenant.budgets.size());
    }
  }

  SimulationReport Run() {
    while (true) {
      const TimePoint ends = NextEnd();
      const TimePoint next = std::min({arrivals_.next(), ends, wake_});
      if (next == kNever) break;
      now_ = next;
      if (ends == now_) {
        EndRun();
      } else if (arrivals_.next() == now_) {
        Arrive();
      }
      Decide();
    }
    return Finished();
  }

 private:
  struct Asked {
    Arrival arrival;
    TimePoint deadline;
    Duration predicted;
    Duration predicted_usual;
  };
  struct StartedRun {
    std::vector<std::uint64_t> ids;
    TimePoint started;
    TimePoint ends;
    int rows = 0;
  };

  TimePoint NextEnd() const {
    TimePoint next = kNever;
    for (const StartedRun& run : running_) next = std::min(next, run.ends);
    return next;
  }

  void Arrive() {
    const Arrival arrival = arrivals_.Take();
    const Duration budget = options_.tenants[arrival.tenant].budgets[arrival.budget];
    const TimePoint deadline = budget > Duration::zero() ? now_ + budget : kNever;
    const task::Hint usual = line_->Predict(now_, task::kUsualBudget);
    const task::Hint own = deadline == kNever ? usual : line_->Predict(now_, budget);
    ++Of(arrival).arrived;
    const std::uint64_t id = ++id_last_;
    const bool waits = line_->Push({.id = id,
                                    .deadline = deadline,
                                    .priority = options_.tenants[arrival.tenant].priority,
                                    .tenant = arrival.tenant},
                                   now_);
    if (waits) {
      asked_.emplace(id,
                     Asked{arrival, deadline, own.wait + own.service, usual.wait + usual.service});
    } else {
      ++Of(arrival).dropped;
    }
  }

  void Decide() {
    wake_ = kNever;
    while (true) {
      const bool free = static_cast<int>(running_.size()) < options_.node.instances;
      line_->Decide(now_, free, decision_);
      for (const std::uint64_t id : decision_.drop) {
        ++Of(asked_.at(id).arrival).dropped;
        asked_.erase(id);
      }
      if (decision_.run.empty()) break;
      StartRun();
    }
    wake_ = decision_.wake;
  }

  void StartRun() {
    const Duration took = arrivals_.Noisy(options_.start + decision_.rows * options_.row);
    running_.push_back({decision_.run, now_, now_ + took, decision_.rows});
    ++report_.runs;
    busy_ += took;
    ran_ += decision_.run.size();
  }

  void EndRun() {
    const auto found = std::ranges::find(running_, now_, &StartedRun::ends);
    const StartedRun run = std::move(*found);
    running_.erase(found);
    for (const std::uint64_t id : run.ids) {
      const Asked& asked = asked_.at(id);
      const bool in_time = now_ <= asked.deadline;
      ++(in_time ? Of(asked.arrival).in_time : Of(asked.arrival).late);
      if (!in_time) wasted_ += (run.ends - run.started) / run.rows;
      const double truth = SecondsOf(now_ - asked.arrival.at);
      ratios_.push_back(SecondsOf(asked.predicted) / truth);
      ratios_usual_.push_back(SecondsOf(asked.predicted_usual) / truth);
      asked_.erase(id);
    }
    line_->Finish(run.started, run.rows, now_);
  }

  Goodput& Of(const Arrival& arrival) { return report_.by_tenant[arrival.tenant][arrival.budget]; }

  SimulationReport Finished() {
    for (const auto& tenant : report_.by_tenant) {
      for (const Goodput& one : tenant) {
        report_.all.arrived += one.arrived;
        report_.all.in_time += one.in_time;
        report_.all.late += one.late;
        report_.all.dropped += one.dropped;
      }
    }
    const double span = SecondsOf(now_ - kStart) * options_.node.instances;
    if (span > 0) report_.busy = SecondsOf(busy_) / span;
    if (busy_ > Duration::zero()) report_.wasted = SecondsOf(wasted_) / SecondsOf(busy_);
    if (report_.runs > 0) {
      report_.batch_mean = static_cast<double>(ran_) / static_cast<double>(report_.runs);
    }
    report_.forecast_error = MedianError(ratios_);
    report_.forecast_error_usual = MedianError(ratios_usual_);
    return std::move(report_);
  }

  static double MedianError(std::vector<double>& ratios) {
    if (ratios.empty()) return 0;
    for (double& ratio : ratios) ratio = std::abs(ratio - 1);
    const auto middle = ratios.begin() + std::ssize(ratios) / 2;
    std::ranges::nth_element(ratios, middle);
    return *middle;
  }

  const SimulationOptions& options_;
  ArrivalStream arrivals_;
  std::unique_ptr<WaitingLine> line_;
  serving::Decision decision_;
  std::vector<StartedRun> running_;
  std::unordered_map<std::uint64_t, Asked> asked_;
  std::vector<double> ratios_;  // predicted / true, of those that ran
  std::vector<double> ratios_usual_;
  SimulationReport report_;
  TimePoint now_ = kStart;
  TimePoint wake_ = kNever;
  std::uint64_t id_last_ = 0;
  std::uint64_t ran_ = 0;
  Duration busy_{};
  Duration wasted_{};
};

}  // namespace

double CapacityPerSecond(const SimulationOptions& options) {
  const int batch = options.node.batch_max;
  return batch / SecondsOf(options.start + batch * options.row);
}

std::vector<SimulatedTenant> MixedDeadlines(const SimulationOptions& options, double load,
                                            int tenants) {
  const double rate = load * CapacityPerSecond(options) * options.node.instances / tenants;
  const SimulatedTenant one{
      .rate_per_second = rate,
      .budgets = {std::chrono::milliseconds(80), std::chrono::milliseconds(400)}};
  return std::vector<SimulatedTenant>(static_cast<std::size_t>(tenants), one);
}

SimulationReport Simulate(const SimulationOptions& options) {
  CHECK(!options.tenants.empty());
  return Simulation(options).Run();
}

}  // namespace perigee::trial
