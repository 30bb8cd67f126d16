// A node whose one model does nothing but take its time: 20 + 5 b milliseconds for a run of b rows
// (2 % more or less), on one instance, rows of up to 8 requests in a run. What is left of its
// answers is the scheduling. Serves over gRPC as `perigee serve` does; at SIGTERM it prints
// what it counted.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <utility>

#include "adapters/grpc_server/grpc_server.h"
#include "model/model_set.h"
#include "serving/served_model.h"

namespace {

using perigee::Duration;
using perigee::Result;
using std::chrono::milliseconds;
namespace model = perigee::model;
namespace serving = perigee::serving;
namespace tensor = perigee::tensor;

const std::vector<model::TensorSpec> kInputs = {{"x", tensor::DType::kFp32, {-1, 1}, {}}};
const std::vector<model::TensorSpec> kOutputs = {{"y", tensor::DType::kFp32, {-1, 1}, {}}};

class SleepSession final : public serving::Session {
 public:
  const std::vector<model::TensorSpec>& inputs() const override { return kInputs; }
  const std::vector<model::TensorSpec>& outputs() const override { return kOutputs; }

  Result<model::Tensors> Run(const model::Tensors& batch, std::stop_token stop) override {
    const tensor::Tensor& x = batch.front().tensor;
    const Duration time = Scattered(milliseconds(20 + 5 * x.shape()[0]));
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, stop, time, [] { return false; });
    if (stop.stop_requested()) return perigee::Fail(perigee::Cancelled("sleep: stopped"));
    return model::Tensors{{"y", tensor::Tensor::Of<float>(x.shape(), x.As<float>())}};
  }

 private:
  Duration Scattered(Duration time) {
    const double factor = std::uniform_real_distribution<double>(0.98, 1.02)(random_);
    return Duration(static_cast<Duration::rep>(factor * static_cast<double>(time.count())));
  }

  std::mt19937 random_{1};
  std::mutex mutex_;
  std::condition_variable_any never_;
};

class SleepBackend final : public serving::Backend {
 public:
  std::string_view platform() const override { return "sleep"; }
  Result<std::unique_ptr<serving::Session>> Open(const std::filesystem::path&,
                                                 const serving::SessionOptions&) override {
    return std::make_unique<SleepSession>();
  }
};

std::string Tenants(const model::Statistics& statistics) {
  std::string text;
  for (const auto& [name, tenant] : statistics.tenants) {
    text += fmt::format("{}\"{}\":{{\"in_time\":{},\"late\":{},\"rejected\":{},\"other\":{}}}",
                        text.empty() ? "" : ",", name, tenant.in_time, tenant.late, tenant.rejected,
                        tenant.other);
  }
  return text;
}

void Print(const model::Statistics& statistics) {
  Duration run{};
  for (const auto& [rows, batch] : statistics.batches) run += batch.infer.total;
  const double rows_a_run =
      static_cast<double>(statistics.inference_count) /
      static_cast<double>(std::max<std::uint64_t>(1, statistics.execution_count));
  fmt::print(
      "counted {{\"answered\":{},\"dropped\":{},\"late_on_arrival\":{},\"late_in_run\":{},"
      "\"rejected\":{},\"cancelled\":{},\"rows_a_run\":{:.3f},\"run_s\":{:.6f},"
      "\"abandoned_s\":{:.6f},\"tenants\":{{{}}}}}\n",
      statistics.success.count, statistics.dropped, statistics.late_on_arrival,
      statistics.late_in_run, statistics.rejected, statistics.cancelled, rows_a_run,
      perigee::ToSeconds(run), perigee::ToSeconds(statistics.abandoned.total), Tenants(statistics));
  (void)std::fflush(stdout);
}

// Until what it measures of itself is known.
void WaitForProfile(const serving::ServedModel& model) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable tick;
  for (int i = 0; i < 1000 && model.profile().source != model::ProfileSource::kMeasured; ++i) {
    tick.wait_for(lock, milliseconds(10));
  }
}

Result<void> Serve(const sigset_t& signals) {
  const perigee::SteadyClock clock;
  SleepBackend backend;
  model::Description description;
  description.name = "sleep";
  description.version = "1";
  std::unique_ptr<serving::ServedModel> opened = TRY(serving::ServedModel::Open(
      backend, std::move(description), "none", {.profile = {.measure = true}}, clock));
  WaitForProfile(*opened);
  // This model is never swapped, so nobody but this thread can be its last owner.
  const serving::ServedModel& model = *opened;
  model::ModelSet models;
  TRY(models.Add(std::move(opened)));
  const std::atomic<bool> draining = false;
  const auto server = TRY(perigee::grpc_server::GrpcServer::Start(
      {},
      {.name = "sleep", .version = "1", .models = models, .clock = clock, .draining = draining}));
  fmt::print("ready grpc=127.0.0.1:{} gather={}\n", server->port(),
             model.profile().plan.gather_max);
  (void)std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Drain(clock.Now() + milliseconds(500));
  Print(model.statistics());
  return {};
}

}  // namespace

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const Result<void> served = Serve(signals);
  if (served.has_value()) return 0;
  fmt::print(stderr, "sleep_server: {}\n", served.error().message);
  return 1;
}
