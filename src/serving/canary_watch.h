// What is known of a canary: the answers of stable and candidate in windows, and after each window
// a verdict. A pure state machine; time plays no part in it. Not thread-safe.
//
// A window ends with the candidate's `window`th answer. Then three questions are asked, each by a
// test of its own: does the candidate fail more often (Fisher, 2e-4), does it compute longer than
// `slowdown_max` times the stable version (Mann-Whitney, 1e-4), does it answer otherwise (classes:
// chi-square, 2e-4; numbers: Mann-Whitney to either side, 1e-4 each)? Together they raise a false
// alarm in fewer than 1 of 1,000 windows of good traffic (canary_watch_test.cc counts them). Within
// a window every fifth of it is looked at for failures alone, at a fifth of their 2e-4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/repository.h"
#include "serving/difference.h"

namespace perigee::serving {

// One answer, as far as a canary looks at it.
struct CanarySample {
  bool failed = false;       // by the model's fault
  Duration compute{};        // of an answer
  std::optional<int> label;  // of its first row, if an output has labels
  double mean = 0;           // else of the first output's numbers
};

class CanaryWatch {
 public:
  enum class Verdict { kNone, kGood, kPromote, kRollBack };

  explicit CanaryWatch(const model::CanaryPlan& plan) : plan_(plan) {}

  void AddStable(const CanarySample& sample);
  // kPromote and kRollBack are said once; what comes after changes nothing.
  Verdict AddCandidate(const CanarySample& sample);

  int good_windows() const { return good_windows_; }
  std::uint64_t stable_answers() const { return stable_answers_; }
  std::uint64_t candidate_answers() const { return candidate_answers_; }
  const std::string& reason() const { return reason_; }  // of kRollBack, one sentence

 private:
  struct Side {
    Share failures;
    std::vector<double> compute_ms;
    std::vector<double> means;
    ClassCounts labels;
  };
  static void Add(const CanarySample& sample, Side& side);
  bool FailsMore(double alpha);
  bool IsSlower();
  bool AnswersOtherwise();
  Verdict RollBack();

  const model::CanaryPlan plan_;
  Side stable_;  // of the window
  Side candidate_;
  int good_windows_ = 0;
  bool ended_ = false;
  std::uint64_t stable_answers_ = 0;
  std::uint64_t candidate_answers_ = 0;
  std::string reason_;
};

}  // namespace perigee::serving
