#include "serving/variant_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/serving_table.h"

namespace perigee::serving {
namespace {

constexpr std::size_t kFamilyMax = 1 + model::kVariantsMax;

Duration DoneAfter(const task::Hint& hint, int rows) { return hint.wait + hint.service * rows; }

bool InTime(const task::Hint& hint, int rows, Duration slack) {
  if (hint.valid_for <= Duration::zero()) return true;
  return hint.wait + hint.service * rows * 5 / 4 <= slack;
}

bool SameSpecs(const std::vector<model::TensorSpec>& a, const std::vector<model::TensorSpec>& b) {
  return std::ranges::equal(a, b, [](const model::TensorSpec& one, const model::TensorSpec& other) {
    const bool labels = one.labels.empty() || other.labels.empty() || one.labels == other.labels;
    return labels && one.name == other.name && one.dtype == other.dtype && one.shape == other.shape;
  });
}

int RowsOf(const model::Description& description, const model::Tensors& inputs) {
  const bool rows = description.batch_max > 0 && !inputs.empty() &&
                    !inputs.front().tensor.shape().empty() && inputs.front().tensor.shape()[0] > 0;
  if (!rows) return 1;
  return static_cast<int>(
      std::min<std::int64_t>(inputs.front().tensor.shape()[0], description.batch_max));
}

}  // namespace

std::size_t ChooseVariant(std::span<const task::Hint> hints, int rows, Duration slack) {
  const auto in_time = std::ranges::find_if(
      hints, [=](const task::Hint& hint) { return InTime(hint, rows, slack); });
  const auto first = std::ranges::min_element(
      hints, {}, [rows](const task::Hint& hint) { return DoneAfter(hint, rows); });
  return static_cast<std::size_t>((in_time != hints.end() ? in_time : first) - hints.begin());
}

Result<std::unique_ptr<VariantModel>> VariantModel::Open(const std::string& name,
                                                         std::vector<Variant> variants,
                                                         const Clock& clock) {
  const std::string attempt = "open variants of " + name;
  if (variants.empty() || variants.size() > kFamilyMax) {
    return Fail(InvalidArgument(
        fmt::format("{}: {} of them, not 1 to {}", attempt, variants.size(), kFamilyMax)));
  }
  model::Description description = variants.front().model->description();
  for (const Variant& variant : variants) {
    const model::Description& other = variant.model->description();
    if (!SameSpecs(description.inputs, other.inputs) ||
        !SameSpecs(description.outputs, other.outputs) ||
        (description.batch_max == 0) != (other.batch_max == 0)) {
      return Fail(InvalidArgument(
          fmt::format("{}: {} takes or gives other tensors or labels than version {}", attempt,
                      variant.label, variants.front().label)));
    }
    description.batch_max = std::min(description.batch_max, other.batch_max);
  }
  description.name = name;
  return std::unique_ptr<VariantModel>(
      new VariantModel(std::move(description), std::move(variants), clock));
}

void VariantModel::Submit(const model::Tensors& inputs, const task::Context& context, Done done) {
  Result<void> fits = model::CheckInputs(description_, inputs);
  if (!fits.has_value()) return done(Fail(std::move(fits).error()));
  const bool hurry = context.deadline != kNever;
  const Duration slack = hurry ? context.deadline - clock_.Now() : Duration::max();
  const std::vector<task::Hint> hints = Hints(hurry ? slack : task::kUsualBudget);
  const Variant& chosen = variants_[ChooseVariant(hints, RowsOf(description_, inputs), slack)];
  chosen.model->Submit(
      inputs, context,
      [label = chosen.label, done = std::move(done)](Result<model::Output> output) mutable {
        if (output.has_value()) output->version = std::move(label);
        done(std::move(output));
      });
}

model::Statistics VariantModel::statistics() const {
  model::Statistics sum;
  for (const Variant& variant : variants_) sum.Add(variant.model->statistics());
  return sum;
}

task::Hint VariantModel::hint(Duration budget) const {
  const std::vector<task::Hint> hints = Hints(budget);
  return hints[ChooseVariant(hints, 1, budget == task::kUsualBudget ? Duration::max() : budget)];
}

std::vector<task::Hint> VariantModel::Hints(Duration budget) const {
  std::vector<task::Hint> hints;
  hints.reserve(variants_.size());
  for (const Variant& variant : variants_) hints.push_back(variant.model->hint(budget));
  return hints;
}

}  // namespace perigee::serving
