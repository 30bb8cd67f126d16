#include "serving/served_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "serving/signature.h"

namespace perigee::serving {
namespace {

// A model whose first dimension is no batch runs one request at a time.
int GatherMax(const model::Description& description, const ServedModelOptions& options) {
  return description.batch_max == 0 ? 1 : std::min(options.gather_max, description.batch_max);
}

Result<void> CheckOptions(const ServedModelOptions& options) {
  const bool counts = options.instances >= 1 && options.instances <= 256 && options.threads >= 1 &&
                      options.threads <= 1024 && options.queue_max >= 1 &&
                      options.queue_max <= 100'000 && options.batch_max >= kBatchAsFile &&
                      options.batch_max <= 4096 && options.gather_max >= 1;
  if (!counts) {
    return Fail(InvalidArgument(
        fmt::format("{} instances, {} threads, batch_max {}, queue_max {}: out of range",
                    options.instances, options.threads, options.batch_max, options.queue_max)));
  }
  if (options.wait_max < Duration::zero() || options.wait_max > std::chrono::minutes(1)) {
    return Fail(InvalidArgument("wait_max must be 0 to 60 s"));
  }
  return {};
}

Result<int> BatchMax(const model::Description& description, int wanted) {
  const bool can = CanBatch(description);
  if (wanted == kBatchAsFile) return can ? kBatchDefault : 0;
  if (wanted == 0 || can) return wanted;
  return Fail(InvalidArgument(fmt::format(
      "batch_max {}, but not every input and output has an open first dimension", wanted)));
}

bool ShapesVary(const model::Description& description) {
  return std::ranges::any_of(description.inputs, [](const model::TensorSpec& spec) {
    return std::ranges::count(spec.shape, -1) > (spec.shape.empty() || spec.shape[0] != -1 ? 0 : 1);
  });
}

Result<std::vector<std::unique_ptr<Session>>> OpenSessions(Backend& backend,
                                                           const std::filesystem::path& file,
                                                           const ServedModelOptions& options) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < options.instances; ++i) {
    std::unique_ptr<Session> session = TRY(backend.Open(file, {.threads = options.threads}));
    sessions.push_back(std::move(session));
  }
  return sessions;
}

// Fills `description`.
Result<std::vector<std::unique_ptr<Session>>> Prepare(Backend& backend,
                                                      model::Description& description,
                                                      const std::filesystem::path& file,
                                                      const ServedModelOptions& options) {
  TRY(CheckOptions(options));
  auto sessions = TRY(OpenSessions(backend, file, options));
  TRY(Reconcile(description, *sessions.front()));
  description.platform = backend.platform();
  description.batch_max = TRY(BatchMax(description, options.batch_max));
  return sessions;
}

}  // namespace

Result<std::unique_ptr<ServedModel>> ServedModel::Open(Backend& backend,
                                                       model::Description description,
                                                       const std::filesystem::path& file,
                                                       const ServedModelOptions& options,
                                                       const Clock& clock) {
  auto sessions = Prepare(backend, description, file, options);
  if (!sessions.has_value()) {
    const std::string attempt =
        fmt::format("load model {} version {}", description.name, description.version);
    return Fail(std::move(sessions).error().Within(attempt));
  }
  std::unique_ptr<ServedModel> model(new ServedModel(std::move(description), options, clock));
  for (auto& session : *sessions) {
    model->instances_.push_back(std::make_unique<Instance>(std::move(session), model->description_,
                                                           model->backlog_, clock));
  }
  return model;
}

ServedModel::ServedModel(model::Description description, const ServedModelOptions& options,
                         const Clock& clock)
    : description_(std::move(description)),
      shapes_vary_(ShapesVary(description_)),
      clock_(clock),
      backlog_(
          "infer " + description_.name,
          {.batch_max = GatherMax(description_, options),
           .wait_max = GatherMax(description_, options) > 1 ? options.wait_max : Duration::zero(),
           .queue_max = options.queue_max},
          clock) {}

ServedModel::~ServedModel() {
  backlog_.Close();
  instances_.clear();
}

void ServedModel::Submit(const model::Tensors& inputs, const task::Context& context, Done done) {
  Result<void> fits = model::CheckInputs(description_, inputs);
  if (!fits.has_value()) {
    backlog_.CountRefused();
    return done(Fail(std::move(fits).error()));
  }
  auto request = std::make_unique<Request>();
  request->inputs = &inputs;
  request->done = std::move(done);
  if (description_.batch_max > 0) {
    request->rows = static_cast<int>(inputs.front().tensor.shape()[0]);
  }
  request->shape_key = shapes_vary_ ? ShapeKey(inputs) : 0;
  request->deadline = context.deadline;
  request->submitted = clock_.Now();
  backlog_.Submit(std::move(request), context.stop);
}

// A hash (FNV-1a) of all dimensions but the batch. Two shapes that collide do no harm: gathering
// their rows fails, and they run one by one.
std::uint64_t ServedModel::ShapeKey(const model::Tensors& inputs) const {
  std::uint64_t key = 0xcbf29ce484222325;
  for (const model::TensorSpec& spec : description_.inputs) {
    const tensor::Shape& shape = model::Find(inputs, spec.name)->shape();
    for (std::size_t i = description_.batch_max > 0 ? 1 : 0; i < shape.size(); ++i) {
      key = (key ^ static_cast<std::uint64_t>(shape[i])) * 0x100000001b3;
    }
  }
  return key;
}

}  // namespace perigee::serving
