#include "serving/canary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "model/golden.h"

namespace perigee::serving {
namespace {

constexpr std::size_t kMeanElementsMax = 4096;  // more of an answer is not looked at

// Empty for texts, which are not compared.
std::vector<double> Numbers(const tensor::Tensor& tensor, std::size_t count_max) {
  if (tensor.dtype() == tensor::DType::kBytes) return {};
  std::vector<double> values(std::min(static_cast<std::size_t>(tensor.element_count()), count_max));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = model::NumberAt(tensor, i);
  return values;
}

std::optional<int> LabelOf(const model::Output& output, const model::Description& description) {
  const auto labelled = std::ranges::find_if(
      description.outputs, [](const model::TensorSpec& spec) { return !spec.labels.empty(); });
  if (labelled == description.outputs.end()) return std::nullopt;
  const tensor::Tensor* scores = model::Find(output.tensors, labelled->name);
  if (scores == nullptr) return std::nullopt;
  // The first row alone: those of one request are too alike to count as many.
  const std::vector<double> row = Numbers(*scores, labelled->labels.size());
  if (row.empty()) return std::nullopt;
  return static_cast<int>(std::ranges::max_element(row) - row.begin());
}

double MeanOf(const model::Output& output) {
  if (output.tensors.empty()) return 0;
  const std::vector<double> values = Numbers(output.tensors.front().tensor, kMeanElementsMax);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

}  // namespace

std::optional<CanarySample> SampleOf(const Result<model::Output>& output,
                                     const model::Description& description) {
  CanarySample sample;
  if (output) {
    sample.compute = output->compute;
    sample.label = LabelOf(*output, description);
    sample.mean = MeanOf(*output);
    // NaN is no number to compare, and no answer either.
    sample.failed = std::isnan(sample.mean);
    return sample;
  }
  const Code code = output.error().code;
  const bool caller = code == Code::kInvalidArgument || code == Code::kCancelled ||
                      code == Code::kResourceExhausted;
  if (caller) return std::nullopt;
  sample.failed = true;
  return sample;
}

CanaryModel::CanaryModel(model::SharedModel stable, model::SharedModel candidate,
                         const model::CanaryPlan& plan, OnVerdict on_verdict)
    : stable_(std::move(stable)),
      candidate_(std::move(candidate)),
      plan_(plan),
      on_verdict_(std::move(on_verdict)),
      watch_(CanaryWatch(plan)) {}

// The golden ratio's multiples fill the unit interval evenly and with no period, so callers that
// take turns are still split alike.
CanaryModel::Side CanaryModel::Choose() {
  const Verdict verdict = verdict_;
  if (verdict == Verdict::kPromote) return Side::kCandidate;
  if (verdict == Verdict::kRollBack) return Side::kStable;
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;  // 2^64 / 1.618...
  const std::uint64_t turn = ++submitted_ * kGolden;
  return static_cast<double>(turn >> 11) * 0x1p-53 < plan_.percent / 100 ? Side::kCandidate
                                                                         : Side::kStable;
}

void CanaryModel::Submit(const model::Tensors& inputs, const task::Context& context, Done done) {
  const Side side = Choose();
  model::Model& model = side == Side::kStable ? *stable_ : *candidate_;
  // Whoever submitted keeps this object until `done` was called, so that comes last.
  model.Submit(inputs, context,
               [this, side, &model, done = std::move(done)](Result<model::Output> output) mutable {
                 if (output && output->version.empty()) {
                   output->version = model.description().version;
                 }
                 Observe(side, output);
                 done(std::move(output));
               });
}

void CanaryModel::Observe(Side side, const Result<model::Output>& output) {
  const std::optional<CanarySample> sample = SampleOf(output, stable_->description());
  if (!sample) return;
  const Verdict verdict = watch_.With([&](CanaryWatch& watch) {
    if (side == Side::kCandidate) return watch.AddCandidate(*sample);
    watch.AddStable(*sample);
    return Verdict::kNone;
  });
  if (verdict == Verdict::kPromote || verdict == Verdict::kRollBack) verdict_ = verdict;
  const Verdict last = verdict_;
  if (last != Verdict::kPromote && last != Verdict::kRollBack) return;
  if (told_.exchange(true)) return;
  if (!on_verdict_(last == Verdict::kPromote)) told_ = false;
}

model::Statistics CanaryModel::statistics() const {
  model::Statistics both = stable_->statistics();
  both.Add(candidate_->statistics());
  return both;
}

task::Hint CanaryModel::hint(Duration budget) const { return leading().hint(budget); }

model::CanaryStatus CanaryModel::status() const {
  model::CanaryStatus status;
  status.stable = stable_->description().version;
  status.candidate = candidate_->description().version;
  status.percent = plan_.percent;
  status.good_windows_wanted = plan_.good_windows;
  const Verdict verdict = verdict_;
  using State = model::CanaryStatus::State;
  if (verdict == Verdict::kPromote) status.state = State::kPromoted;
  if (verdict == Verdict::kRollBack) status.state = State::kRolledBack;
  watch_.With([&status](const CanaryWatch& watch) {
    status.good_windows = watch.good_windows();
    status.stable_answers = watch.stable_answers();
    status.candidate_answers = watch.candidate_answers();
    status.reason = watch.reason();
  });
  return status;
}

}  // namespace perigee::serving
