// One name, several models that answer the same question: the most accurate that will be in time
// answers. All take the same tensors.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/model.h"
#include "task/context.h"
#include "task/hint.h"

namespace perigee::serving {

struct Variant {
  std::string label;  // stands in Output::version: "fp32", "2"
  model::SharedModel model;
};

// Which of them answers a request of `rows` that has `slack` left; `hints` by falling accuracy, not
// empty. The first that will be done with a quarter of its run to spare; one that predicts nothing
// is taken at its word. If none will: the one that is done first.
std::size_t ChooseVariant(std::span<const task::Hint> hints, int rows, Duration slack);

// Thread-safe.
class VariantModel final : public model::Model {
 public:
  // `variants` by falling accuracy. InvalidArgument unless there is one, and all take and give
  // tensors of the same names, types and shapes.
  static Result<std::unique_ptr<VariantModel>> Open(const std::string& name,
                                                    std::vector<Variant> variants,
                                                    const Clock& clock);

  // The most accurate one's, under this name; as many rows as all of them take.
  const model::Description& description() const override { return description_; }
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override;
  // All variants together; a variant's own are its model's.
  model::Statistics statistics() const override;
  // Of the one that would answer one row with that budget, or with none: so a caller may ask what
  // is in reach of its own.
  task::Hint hint(Duration budget) const override;
  // The most accurate one's.
  model::Profile profile() const override { return variants_.front().model->profile(); }

  const std::vector<Variant>& variants() const { return variants_; }

 private:
  VariantModel(model::Description description, std::vector<Variant> variants, const Clock& clock)
      : description_(std::move(description)), variants_(std::move(variants)), clock_(clock) {}
  std::vector<task::Hint> Hints(Duration budget) const;

  const model::Description description_;
  const std::vector<Variant> variants_;
  const Clock& clock_;
};

}  // namespace perigee::serving
