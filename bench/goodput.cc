// What share of requests a model answers in time, in virtual time: the scheduler beside simpler
// rules, tenants beside a greedy one, predictions beside the truth. The workload: Poisson arrivals,
// half with 80 and half with 400 ms, runs of 20 + 5 b ms for b <= 8 rows. Prints one JSON object,
// the same every time.
//
//   goodput_bench --seconds 120 --seeds 5
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "trial/simulation.h"

namespace perigee {
namespace {

using Json = nlohmann::ordered_json;
using trial::Rule;

struct Flags {
  int seconds = 120;
  int seeds = 5;
};

constexpr std::array<std::pair<const char*, Rule>, 4> kRules = {{{"scheduler", Rule::kScheduler},
                                                                 {"fifo", Rule::kFifo},
                                                                 {"fifo_drop", Rule::kFifoDrop},
                                                                 {"edf", Rule::kEdf}}};
constexpr int kTenants = 4;

trial::SimulationOptions Options(const Flags& flags, int seed) {
  trial::SimulationOptions options;
  options.length = std::chrono::seconds(flags.seconds);
  options.seed = static_cast<std::uint64_t>(seed);
  return options;
}

double InTime(const std::vector<trial::Goodput>& budgets) {
  trial::Goodput sum;
  for (const trial::Goodput& one : budgets) {
    sum.arrived += one.arrived;
    sum.in_time += one.in_time;
  }
  return sum.fraction();
}

Json AtLoad(const Flags& flags, double load) {
  Json json = {{"load", load}};
  for (const auto& [name, rule] : kRules) {
    for (int seed = 1; seed <= flags.seeds; ++seed) {
      trial::SimulationOptions options = Options(flags, seed);
      options.rule = rule;
      options.tenants = trial::MixedDeadlines(options, load);
      const trial::SimulationReport report = trial::Simulate(options);
      json[name]["goodput"].push_back(report.all.fraction());
      json[name]["tight"].push_back(report.by_tenant[0][0].fraction());
      json[name]["loose"].push_back(report.by_tenant[0][1].fraction());
      json[name]["wasted"].push_back(report.wasted);
      if (rule != Rule::kScheduler) continue;
      json[name]["batch_mean"].push_back(report.batch_mean);
      json[name]["forecast_error"].push_back(report.forecast_error);
      json[name]["forecast_error_usual"].push_back(report.forecast_error_usual);
    }
  }
  return json;
}

// What the tenant that got least kept of its fair share: of what it would get if all asked for as
// much as it does, namely `own` of a fourth of the node, while one asks for ten fourths.
Json BesideAGreedyOne(const Flags& flags, double own) {
  Json json = {{"own", own}};
  for (int seed = 1; seed <= flags.seeds; ++seed) {
    trial::SimulationOptions options = Options(flags, seed);
    options.tenants = trial::MixedDeadlines(options, own, kTenants);
    const double fair = trial::Simulate(options).all.fraction();
    options.tenants.back().rate_per_second = 10 * trial::CapacityPerSecond(options) / kTenants;
    const trial::SimulationReport report = trial::Simulate(options);
    double least = 1;
    for (std::size_t i = 0; i + 1 < kTenants; ++i) {
      least = std::min(least, InTime(report.by_tenant[i]));
    }
    json["in_time"].push_back(least);
    json["kept"].push_back(least / fair);
  }
  return json;
}

int Main(int argc, char** argv) {
  CLI::App program("Deadline goodput in virtual time.");
  Flags flags;
  program.add_option("--seconds", flags.seconds, "Of a simulation")->check(CLI::Range(1, 3600));
  program.add_option("--seeds", flags.seeds, "Of each")->check(CLI::Range(1, 100));
  CLI11_PARSE(program, argc, argv);
  Json json = {{"seconds", flags.seconds}, {"seeds", flags.seeds}};
  for (const double load : {0.5, 0.75, 0.9, 1.0, 1.2, 1.6, 2.0}) {
    json["loads"].push_back(AtLoad(flags, load));
  }
  for (const double own : {0.5, 0.9, 1.0}) json["tenants"].push_back(BesideAGreedyOne(flags, own));
  fmt::print("{}\n", json.dump(1));
  return 0;
}

}  // namespace
}  // namespace perigee

int main(int argc, char** argv) { return perigee::Main(argc, argv); }
