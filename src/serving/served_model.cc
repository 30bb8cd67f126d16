#include "serving/served_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "base/check.h"
#include "serving/file_digest.h"
#include "serving/signature.h"

namespace perigee::serving {
namespace {

Result<void> CheckOptions(const ServedModelOptions& options) {
  const bool counts = options.instances >= 0 && options.instances <= 256 && options.threads >= 0 &&
                      options.threads <= 1024 && options.queue_max >= 1 &&
                      options.queue_max <= 100'000 && options.batch_max >= kBatchAsFile &&
                      options.batch_max <= 4096 && options.gather_max >= 0;
  if (!counts) {
    return Fail(InvalidArgument(
        fmt::format("{} instances, {} threads, batch_max {}, queue_max {}: out of range",
                    options.instances, options.threads, options.batch_max, options.queue_max)));
  }
  if (options.wait_max < Duration::zero() || options.wait_max > std::chrono::minutes(1)) {
    return Fail(InvalidArgument("wait_max must be 0 to 60 s"));
  }
  if (options.run_max < Duration::zero() || options.run_max > std::chrono::hours(1)) {
    return Fail(InvalidArgument("run_max must be 0 to 1 h"));
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

// What a run takes follows from its rows alone, and it can be made up of zeros.
bool CanMeasure(const model::Description& description) {
  return !ShapesVary(description) &&
         std::ranges::none_of(description.inputs, [](const model::TensorSpec& spec) {
           return spec.dtype == tensor::DType::kBytes;
         });
}

// A model whose first dimension is no batch runs one request at a time.
BacklogOptions ForBacklog(const model::Description& description,
                          const ServedModelOptions& options) {
  const int rows_max = std::max(1, description.batch_max);
  const bool by_plan = options.gather_max == kGatherByProfile;
  return {.attempt = "infer " + description.name,
          .scheduler = {.instances = options.instances,
                        .batch_max = by_plan ? 1 : std::min(options.gather_max, rows_max),
                        .wait_max = options.wait_max,
                        .queue_max = options.queue_max,
                        .rows_max = rows_max},
          .gather_by_plan = by_plan,
          .measure_rows_max = 0,
          .points = {},
          .source = model::ProfileSource::kUnknown,
          .run_max = options.run_max};
}

Result<void> TraceTo(const std::filesystem::path& folder, const model::Description& description,
                     BacklogOptions& backlog) {
  if (folder.empty()) return {};
  backlog.trace = folder / fmt::format("{}-{}.trace", description.name, description.version);
  backlog.gather_by_plan = false;
  if (std::ofstream(backlog.trace, std::ios::binary).good()) return {};
  return Fail(InvalidArgument("write trace " + backlog.trace.string() + ": it cannot be written"));
}

}  // namespace

Result<ServedModel::Opened> ServedModel::Prepare(Backend& backend, model::Description description,
                                                 const std::filesystem::path& file,
                                                 ServedModelOptions options) {
  TRY(CheckOptions(options));
  Opened opened;
  opened.device = TRY(ParseDevice(options.device));
  TRY(CheckDevice(opened.device));
  const model::Plan plan =
      ChoosePlan({.cores = static_cast<int>(std::thread::hardware_concurrency())});
  if (options.instances == 0) options.instances = plan.instances;
  if (options.threads == 0) options.threads = plan.threads;
  opened.open = [&backend, file, threads = options.threads] {
    return backend.Open(file, {.threads = threads});
  };
  for (int i = 0; i < options.instances; ++i) {
    std::unique_ptr<Session> session = TRY(opened.open());
    opened.sessions.push_back(std::move(session));
  }
  TRY(Reconcile(description, *opened.sessions.front()));
  description.platform = backend.platform();
  description.batch_max = TRY(BatchMax(description, options.batch_max));
  if (!options.profile.cache.empty() && CanMeasure(description)) {
    std::string digest = TRY(FileDigest(file));
    opened.key = ProfileKey{.model_sha256 = std::move(digest),
                            .runtime = fmt::format("{} {}", backend.platform(), backend.version()),
                            .cpu = CpuName(),
                            .threads = options.threads,
                            .rows_max = std::max(1, description.batch_max)};
  }
  opened.backlog = ForBacklog(description, options);
  TRY(TraceTo(options.trace_folder, description, opened.backlog));
  opened.description = std::move(description);
  opened.options = std::move(options);
  SeedProfile(opened);
  return opened;
}

// The first of: what the cache has, what the card says. What can be measured is, unless cached.
void ServedModel::SeedProfile(Opened& opened) {
  BacklogOptions& backlog = opened.backlog;
  const ProfileOptions& options = opened.options.profile;
  const int rows_max = std::max(1, opened.description.batch_max);
  if (opened.key) {
    auto cached = ProfileCache(options.cache).Read(*opened.key);
    if (cached.has_value()) {
      backlog.points = *std::move(cached);
      backlog.source = model::ProfileSource::kCached;
      if (backlog.gather_by_plan) {
        backlog.scheduler.batch_max = GatherThatPays(backlog.points, rows_max);
      }
      return;
    }
  }
  if (options.estimate > Duration::zero()) {
    backlog.points = EstimatedPoints(options.estimate, rows_max);
    backlog.source = model::ProfileSource::kEstimate;
  }
  if (options.measure && CanMeasure(opened.description)) backlog.measure_rows_max = rows_max;
}

Result<std::unique_ptr<ServedModel>> ServedModel::Open(Backend& backend,
                                                       model::Description description,
                                                       const std::filesystem::path& file,
                                                       const ServedModelOptions& options,
                                                       const Clock& clock) {
  const std::string attempt =
      fmt::format("load model {} version {}", description.name, description.version);
  Result<Opened> opened = Prepare(backend, std::move(description), file, options);
  if (!opened.has_value()) return Fail(std::move(opened).error().Within(attempt));
  std::vector<std::unique_ptr<Session>> sessions = std::move(opened->sessions);
  std::unique_ptr<ServedModel> model(new ServedModel(*std::move(opened), clock));
  for (auto& session : sessions) model->AddInstance(std::move(session));
  return model;
}

ServedModel::ServedModel(Opened opened, const Clock& clock)
    : description_(std::move(opened.description)),
      options_(std::move(opened.options)),
      device_(std::move(opened.device)),
      key_(std::move(opened.key)),
      shapes_vary_(ShapesVary(description_)),
      clock_(clock),
      backlog_(
          std::move(opened.backlog), clock, [this] { AddInstance(nullptr); },
          [this](const std::vector<ProfilePoint>& points) { KeepProfile(points); }),
      commons_{.description = description_,
               .backlog = backlog_,
               .clock = clock,
               // The file may be another by now; a session that does not fit the model is no use.
               .open = [this, open = std::move(opened.open)]() -> Result<std::unique_ptr<Session>> {
                 std::unique_ptr<Session> session = TRY(open());
                 model::Description same = description_;
                 TRY(Reconcile(same, *session));
                 return session;
               },
               .runs_may_hang = options_.run_max > Duration::zero()} {}

ServedModel::~ServedModel() {
  std::vector<std::unique_ptr<Instance>> instances;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    instances = std::move(instances_);
  }
  for (const auto& instance : instances) CHECK(!instance->is_this_thread());
  backlog_.Close();
}

void ServedModel::AddInstance(std::unique_ptr<Session> session) {
  std::vector<std::unique_ptr<Instance>> ended;  // their threads are joined after the lock
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  const auto rest =
      std::ranges::partition(instances_, [](const auto& instance) { return !instance->ended(); });
  std::ranges::move(rest, std::back_inserter(ended));
  instances_.erase(rest.begin(), rest.end());
  instances_.push_back(std::make_unique<Instance>(std::move(session), commons_));
}

void ServedModel::KeepProfile(const std::vector<ProfilePoint>& points) {
  if (!key_) return;
  Result<void> kept = ProfileCache(options_.profile.cache).Write(*key_, points);
  if (kept.has_value()) return;
  const std::lock_guard lock(mutex_);
  cache_problem_ = std::move(kept).error().message;
}

model::Profile ServedModel::profile() const {
  model::Profile profile = backlog_.profile();
  profile.plan.threads = options_.threads;
  const std::lock_guard lock(mutex_);
  profile.cache_problem = cache_problem_;
  for (const auto& instance : instances_) {
    if (!instance->ended()) profile.devices.push_back(DeviceText(device_));
  }
  return profile;
}

void ServedModel::Submit(const model::Tensors& inputs, const task::Context& context, Done done) {
  Result<void> fits = model::CheckInputs(description_, inputs);
  if (!fits.has_value()) {
    backlog_.CountRefused(context);
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
  backlog_.Submit(std::move(request), context);
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
