#include "serving/warm_backend.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace perigee::serving {
namespace {

// `rows` rows of an input, as far as its sizes are known.
std::optional<model::GoldenInput> RowsOf(const model::TensorSpec& spec,
                                         const std::vector<model::GoldenInput>& shapes, int rows) {
  model::GoldenInput input{.name = spec.name, .shape = spec.shape};
  if (rows > 0 && !input.shape.empty() && input.shape[0] == -1) input.shape[0] = rows;
  if (std::ranges::find(input.shape, -1) == input.shape.end()) return input;
  const auto known = std::ranges::find(shapes, spec.name, &model::GoldenInput::name);
  if (known == shapes.end() || known->shape.size() != spec.shape.size()) return std::nullopt;
  input.shape = known->shape;
  if (rows > 0 && spec.shape[0] == -1) input.shape[0] = rows;
  return input;
}

}  // namespace

Result<std::unique_ptr<Session>> WarmBackend::Open(const std::filesystem::path& file,
                                                   const SessionOptions& options) {
  std::unique_ptr<Session> session = TRY(backend_.Open(file, options));
  WarmUp(*session, std::min(rows_max_, 1));
  if (rows_max_ > 1) WarmUp(*session, rows_max_);
  return session;
}

// A run that fails is no reason to refuse a model: zeros need not make sense to it. Whether it
// answers right is for its golden vectors to show.
void WarmBackend::WarmUp(Session& session, int rows) const {
  model::Golden zeros;
  for (const model::TensorSpec& spec : session.inputs()) {
    std::optional<model::GoldenInput> input = RowsOf(spec, shapes_, rows);
    if (!input) return;  // nobody knows which size it takes
    zeros.inputs.push_back(*std::move(input));
  }
  const Result<model::Tensors> inputs = model::GoldenInputs(zeros, session.inputs());
  if (!inputs) return;
  try {
    std::ignore = session.Run(*inputs, {});
  } catch (...) {
    // A backend that throws breaks its contract; its instance will find that out and say so.
    return;
  }
}

}  // namespace perigee::serving
