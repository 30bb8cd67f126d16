// A Model that gives some of its traffic to a candidate and watches what comes back. What a name
// without a version leads to while a canary runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "model/model.h"
#include "model/repository.h"
#include "runtime/guarded.h"
#include "serving/canary_watch.h"

namespace perigee::serving {

// Thread-safe. Owns both models. From its verdict on, all traffic goes to the one that won.
class CanaryModel final : public model::Model {
 public:
  // Called once, on the thread that brought the last answer; again with later answers for as long
  // as it returns false (no room to act on it). `promoted`: the candidate won.
  using OnVerdict = std::function<bool(bool promoted)>;

  CanaryModel(model::SharedModel stable, model::SharedModel candidate,
              const model::CanaryPlan& plan, OnVerdict on_verdict);

  // The stable version's.
  const model::Description& description() const override { return stable_->description(); }
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override;
  model::Statistics statistics() const override;
  task::Hint hint(Duration budget) const override;
  model::Profile profile() const override { return leading().profile(); }

  model::CanaryStatus status() const;

 private:
  enum class Side { kStable, kCandidate };
  using Verdict = CanaryWatch::Verdict;

  const model::Model& leading() const {
    return verdict_ == Verdict::kPromote ? *candidate_ : *stable_;
  }
  Side Choose();
  void Observe(Side side, const Result<model::Output>& output);

  const model::SharedModel stable_;
  const model::SharedModel candidate_;
  const model::CanaryPlan plan_;
  const OnVerdict on_verdict_;
  std::atomic<std::uint64_t> submitted_ = 0;
  std::atomic<Verdict> verdict_ = Verdict::kNone;
  std::atomic<bool> told_ = false;
  runtime::Guarded<CanaryWatch> watch_;
};

// What a canary looks at; nothing if the error is the caller's doing or the node's (no room), not
// the model's.
std::optional<CanarySample> SampleOf(const Result<model::Output>& output,
                                     const model::Description& description);

}  // namespace perigee::serving
