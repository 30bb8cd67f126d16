#include "trial/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <tuple>

namespace perigee::trial {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SimulationOptions Mixed(double load, std::uint64_t seed = 1, int tenants = 1) {
  SimulationOptions options;
  options.seed = seed;
  options.tenants = MixedDeadlines(options, load, tenants);
  return options;
}

double InTime(const std::vector<Goodput>& budgets) {
  double in_time = 0;
  double arrived = 0;
  for (const Goodput& one : budgets) {
    in_time += static_cast<double>(one.in_time);
    arrived += static_cast<double>(one.arrived);
  }
  return in_time / arrived;
}

TEST(Simulation, LosesNobody) {
  for (const Rule rule : {Rule::kScheduler, Rule::kFifo, Rule::kFifoDrop, Rule::kEdf}) {
    SimulationOptions options = Mixed(1.5);
    options.rule = rule;
    options.length = seconds(20);
    const Goodput all = Simulate(options).all;
    EXPECT_GT(all.arrived, 3000U);
    EXPECT_EQ(all.arrived, all.in_time + all.late + all.dropped);
  }
}

TEST(Simulation, GivesTheSameForTheSameSeed) {
  const SimulationReport first = Simulate(Mixed(1.1, 4));
  const SimulationReport second = Simulate(Mixed(1.1, 4));
  EXPECT_EQ(first.all.in_time, second.all.in_time);
  EXPECT_EQ(first.runs, second.runs);
  EXPECT_NE(first.all.arrived, Simulate(Mixed(1.1, 5)).all.arrived);
}

// The goodput table: five seeds of two minutes each.
TEST(Simulation, TheSchedulerKeepsTheDeadlinesThatItShould) {
  for (const auto& [load, least] :
       {std::pair(0.9, 0.90), std::pair(1.2, 0.75), std::pair(1.6, 0.60), std::pair(2.0, 0.49)}) {
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const SimulationReport report = Simulate(Mixed(load, seed));
      sum += report.all.fraction();
      EXPECT_EQ(report.all.late, 0U) << "work for nobody at load " << load;
      EXPECT_LE(report.forecast_error, 0.25) << "at load " << load;
    }
    EXPECT_GE(sum / 5, least) << "at load " << load;
  }
}

// Which the most valuable batch would do, as it prefers those with time left.
TEST(Simulation, DoesNotStarveTightDeadlinesInOverload) {
  const SimulationReport report = Simulate(Mixed(2.0));
  EXPECT_GE(report.by_tenant[0][0].fraction(), 0.25);
}

TEST(Simulation, EqualTenantsGetTheSame) {
  const SimulationReport report = Simulate(Mixed(1.6, 2, 4));
  EXPECT_GE(report.all.fraction(), 0.60);
  for (const auto& tenant : report.by_tenant) {
    EXPECT_NEAR(InTime(tenant), report.all.fraction(), 0.05);
  }
}

// What each would get if all asked for as much as it does is its fair share.
TEST(Simulation, ATenantThatAsksForTenTimesItsShareTakesLittleFromOthers) {
  for (const double own : {0.5, 0.9, 1.0}) {
    const double fair = Simulate(Mixed(own, 1, 4)).all.fraction();
    SimulationOptions options = Mixed(own, 1, 4);
    options.tenants[3].rate_per_second = 10 * CapacityPerSecond(options) / 4;
    const SimulationReport report = Simulate(options);
    for (int tenant = 0; tenant < 3; ++tenant) {
      EXPECT_GE(InTime(report.by_tenant[static_cast<std::size_t>(tenant)]), 0.8 * fair)
          << "tenant " << tenant << " asks for " << own << " of its share";
    }
  }
}

TEST(Simulation, ATightTenantKeepsItsShareBesideAPatientOneThatFloods) {
  SimulationOptions options;
  const double share = CapacityPerSecond(options) / 2;
  const SimulatedTenant tight{.rate_per_second = share / 2, .budgets = {milliseconds(80)}};
  options.tenants = {tight, tight};
  const double fair = Simulate(options).all.fraction();
  options.tenants[1] = {.rate_per_second = 8 * share, .budgets = {milliseconds(400)}};
  EXPECT_GE(InTime(Simulate(options).by_tenant[0]), 0.8 * fair);
}

TEST(Simulation, CallingEverythingUrgentDoesNotBeatTheShareOfOthers) {
  SimulationOptions options = Mixed(0.9, 1, 4);
  const double fair = Simulate(options).all.fraction();
  options.tenants[3].rate_per_second *= 10;
  options.tenants[3].priority = task::Priority::kHigh;
  const SimulationReport report = Simulate(options);
  for (std::size_t tenant = 0; tenant < 3; ++tenant) {
    EXPECT_GE(InTime(report.by_tenant[tenant]), 0.8 * fair);
  }
}

TEST(Simulation, PriorityDecidesWhoIsServedInOverload) {
  SimulationOptions options = Mixed(1.6, 1, 3);
  options.tenants[0].priority = task::Priority::kHigh;
  options.tenants[2].priority = task::Priority::kLow;
  const SimulationReport report = Simulate(options);
  EXPECT_GT(InTime(report.by_tenant[0]), InTime(report.by_tenant[1]) + 0.05);
  EXPECT_GT(InTime(report.by_tenant[1]), InTime(report.by_tenant[2]) + 0.05);
}

// Requests without a deadline beside more than the node can do of those with one.
TEST(Simulation, WhatHasNoDeadlineIsAnsweredInOverloadToo) {
  SimulationOptions options = Mixed(1.6);
  options.tenants.push_back({.rate_per_second = 10, .budgets = {Duration::zero()}});
  const SimulationReport report = Simulate(options);
  EXPECT_GE(InTime(report.by_tenant[1]), 0.99);
  EXPECT_GE(InTime(report.by_tenant[0]), 0.5);
}

TEST(Simulation, KeepsItsPromisesOnAMachineThatIsNotExact) {
  SimulationOptions options = Mixed(0.9);
  options.noise = 0.05;
  const SimulationReport report = Simulate(options);
  EXPECT_GE(report.all.fraction(), 0.85);
  EXPECT_LE(report.wasted, 0.03);
}

TEST(Simulation, UsesAllInstances) {
  SimulationOptions options;
  options.node.instances = 4;
  options.tenants = MixedDeadlines(options, 0.9);
  EXPECT_GE(Simulate(options).all.fraction(), 0.95);
}

}  // namespace
}  // namespace perigee::trial
