#include "serving/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tensor/shape.h"

namespace perigee::serving {
namespace {

using Specs = std::vector<model::TensorSpec>;

bool Within(const tensor::Shape& card, const tensor::Shape& file) {
  return std::ranges::equal(card, file, [](std::int64_t narrow, std::int64_t wide) {
    return narrow == wide || wide == -1;
  });
}

std::string SpecText(const model::TensorSpec& spec) {
  return fmt::format("{} {} {}", spec.name, DTypeName(spec.dtype), tensor::ShapeText(spec.shape));
}

std::string SpecsText(const Specs& specs) {
  std::string text;
  for (const auto& spec : specs) text += (text.empty() ? "" : ", ") + SpecText(spec);
  return text;
}

// `card` in the order of `file`.
Result<Specs> Compare(const Specs& card, const Specs& file, std::string_view kind) {
  Specs ordered;
  for (const model::TensorSpec& ours : file) {
    const auto theirs = std::ranges::find(card, ours.name, &model::TensorSpec::name);
    const bool same =
        theirs != card.end() && theirs->dtype == ours.dtype && Within(theirs->shape, ours.shape);
    if (!same) break;
    ordered.push_back(*theirs);
  }
  if (ordered.size() == file.size() && card.size() == file.size()) return ordered;
  return Fail(InvalidArgument(fmt::format("the card declares {} {}, the file has {}", kind,
                                          SpecsText(card), SpecsText(file))));
}

}  // namespace

Result<void> Reconcile(model::Description& description, const Session& session) {
  if (description.inputs.empty()) description.inputs = session.inputs();
  if (description.outputs.empty()) description.outputs = session.outputs();
  description.inputs = TRY(Compare(description.inputs, session.inputs(), "inputs"));
  description.outputs = TRY(Compare(description.outputs, session.outputs(), "outputs"));
  return {};
}

bool CanBatch(const model::Description& description) {
  const auto open = [](const model::TensorSpec& spec) {
    return !spec.shape.empty() && spec.shape[0] == -1;
  };
  return !description.inputs.empty() && std::ranges::all_of(description.inputs, open) &&
         std::ranges::all_of(description.outputs, open);
}

}  // namespace perigee::serving
