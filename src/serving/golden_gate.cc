#include "serving/golden_gate.h"

#include <chrono>
#include <string>

namespace perigee::serving {
namespace {

constexpr Duration kRunMax = std::chrono::minutes(1);

}  // namespace

Result<void> PassGolden(model::Model& model, const std::vector<model::Golden>& vectors,
                        const Clock& clock) {
  for (const model::Golden& golden : vectors) {
    const model::Description& description = model.description();
    if (golden.version != 0 && std::to_string(golden.version) != description.version) continue;
    const model::Tensors inputs = TRY(model::GoldenInputs(golden, description.inputs));
    task::Context context;
    context.deadline = DeadlineAfter(clock.Now(), kRunMax);
    context.lends = Duration(-1);  // nothing is known of a new version yet
    const model::Output output = TRY(model::Run(model, inputs, context));
    TRY(model::CheckGolden(golden, output.tensors));
  }
  return {};
}

}  // namespace perigee::serving
