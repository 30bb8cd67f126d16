#include "wire/budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace perigee::wire {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kArrived{1h};

Result<Terms> Read(std::string_view name, std::string_view value) {
  TermHeaders headers;
  EXPECT_TRUE(headers.Take(name, value));
  return ReadTerms(headers);
}

TEST(Budget, ReadsRemainingMilliseconds) {
  const std::pair<std::string_view, Duration> cases[] = {
      {"250", 250ms}, {"0.5", 500us}, {"0", 0ns},      {"-3", 0ns},
      {".25", 250us}, {"1e", -1ns},   {"12 ms", -1ns}, {"", -1ns},
      {"nan", -1ns},  {"inf", -1ns},  {"1e3", -1ns},   {"0x10", -1ns},
      {"+5", -1ns},   {" 5", -1ns},   {"5,0", -1ns},   {"99999999999999999999", Duration::max()}};
  for (const auto& [text, expected] : cases) {
    const Result<Duration> budget = ParseBudget(text);
    EXPECT_EQ(budget.has_value(), expected >= 0ns) << text;
    if (budget) {
      EXPECT_EQ(*budget, expected) << text;
    } else {
      EXPECT_EQ(budget.error().code, Code::kInvalidArgument) << text;
    }
  }
  EXPECT_FALSE(ParseBudget(std::string(33, '1')).has_value());
}

TEST(Budget, SaysWhatWasMalformed) {
  const auto terms = Read("Perigee-Budget-Ms", "so\x01on");
  ASSERT_FALSE(terms.has_value());
  EXPECT_EQ(terms.error().message,
            "read perigee-budget-ms: \"so?on\" is not a number of milliseconds");
}

TEST(Budget, TakesThePlaceOfTheNodesDefaultAndSaturates) {
  EXPECT_EQ(ToContext({}, kArrived, 30s).deadline, kArrived + 30s - 1ms);
  EXPECT_EQ(ToContext(*Read("perigee-budget-ms", "60000"), kArrived, 30s).deadline,
            kArrived + 60s - 1ms);
  EXPECT_EQ(ToContext(*Read("perigee-budget-ms", "-1"), kArrived, 30s).deadline, kArrived);
  const Terms centuries = *Read("perigee-budget-ms", "31556952000000000");
  EXPECT_EQ(WorkUntil(kArrived, 10ms), kArrived + 9800us);  // the rest is the answer's way out
  EXPECT_EQ(ToContext(centuries, kArrived, 30s).deadline, kNever);
  EXPECT_EQ(ToContext({}, kArrived, Duration::max()).deadline, kNever);
}

TEST(Budget, TakesTheSmallestOfAllThatAreGiven) {
  Terms terms = *Read("perigee-budget-ms", "100");
  ASSERT_TRUE(AddParameters({{"budget_ms", 200.0}, {"timeout", std::int64_t{300'000}}}, terms));
  EXPECT_EQ(terms.budget, 100ms);
  ASSERT_TRUE(AddParameters({{"timeout", std::int64_t{50'000}}}, terms));
  EXPECT_EQ(terms.budget, 50ms);
  ASSERT_TRUE(AddParameters({{"budget_ms", std::string("12.5")}}, terms));
  EXPECT_EQ(terms.budget, 12500us);
  ASSERT_TRUE(AddParameters({{"budget_ms", std::int64_t{-4}}}, terms));
  EXPECT_EQ(terms.budget, 0ns);
}

TEST(Budget, TakesATimeoutOfZeroForNoneAsTritonDoes) {
  Terms terms;
  ASSERT_TRUE(AddParameters({{"timeout", std::int64_t{0}}}, terms));
  EXPECT_FALSE(terms.budget.has_value());
  ASSERT_TRUE(AddParameters({{"timeout", std::int64_t{INT64_MAX}}}, terms));
  EXPECT_EQ(terms.budget, Duration::max());
}

TEST(Budget, RefusesParametersThatAreNoNumbers) {
  for (const Parameters& parameters :
       {Parameters{{"budget_ms", true}}, Parameters{{"budget_ms", std::string("soon")}},
        Parameters{{"timeout", 1.5}}, Parameters{{"timeout", std::int64_t{-1}}},
        Parameters{{"priority", std::string("high")}},
        Parameters{{"priority", std::int64_t{-1}}}}) {
    Terms terms;
    const Result<void> added = AddParameters(parameters, terms);
    ASSERT_FALSE(added.has_value()) << parameters.begin()->first;
    EXPECT_EQ(added.error().code, Code::kInvalidArgument);
    EXPECT_NE(added.error().message.find(parameters.begin()->first), std::string::npos);
  }
}

TEST(Budget, ReadsPrioritiesOfBothKinds) {
  EXPECT_EQ(Read("perigee-priority", "low")->priority, task::Priority::kLow);
  EXPECT_FALSE(Read("perigee-priority", "urgent").has_value());
  const std::pair<std::int64_t, std::optional<task::Priority>> cases[] = {
      {0, std::nullopt},
      {1, task::Priority::kHigh},
      {2, task::Priority::kNormal},
      {3, task::Priority::kLow},
      {99, task::Priority::kLow}};
  for (const auto& [level, priority] : cases) {
    Terms terms;
    ASSERT_TRUE(AddParameters({{"priority", level}}, terms));
    EXPECT_EQ(terms.priority, priority) << level;
  }
  Terms terms = *Read("perigee-priority", "high");
  ASSERT_TRUE(AddParameters({{"priority", std::int64_t{5}}}, terms));
  EXPECT_EQ(terms.priority, task::Priority::kHigh);
}

TEST(Budget, ReadsTenantAndPurpose) {
  EXPECT_EQ(Read("perigee-tenant", "clinic-7.ward_B")->tenant, "clinic-7.ward_B");
  EXPECT_FALSE(Read("perigee-tenant", "").has_value());
  EXPECT_FALSE(Read("perigee-tenant", "a b").has_value());
  EXPECT_FALSE(Read("perigee-tenant", std::string(65, 'a')).has_value());
  EXPECT_EQ(Read("perigee-purpose", "live view")->purpose, "live view");
  EXPECT_FALSE(Read("perigee-purpose", std::string(129, 'p')).has_value());
  EXPECT_FALSE(Read("perigee-purpose", "a\tb").has_value());
}

TEST(Budget, KeepsTheFirstOfAHeaderThatIsThereTwice) {
  TermHeaders headers;
  EXPECT_TRUE(headers.Take("perigee-tenant", "a"));
  EXPECT_TRUE(headers.Take("PERIGEE-TENANT", "b"));
  EXPECT_FALSE(headers.Take("perigee-tenants", "c"));
  EXPECT_EQ(ReadTerms(headers)->tenant, "a");
}

TEST(Budget, WritesWhatItReads) {
  const std::string text = BudgetText(kArrived + 12'345us, kArrived);
  EXPECT_EQ(text, "12.345");
  EXPECT_EQ(*ParseBudget(text), 12'345us);
  EXPECT_EQ(BudgetText(kArrived, kArrived + 1s), "0.000");
  EXPECT_EQ(BudgetText(kNever, kArrived), "");
}

}  // namespace
}  // namespace perigee::wire
