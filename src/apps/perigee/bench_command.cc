// perigee bench: load on a node, and what that was like for its clients.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/grpc_client/grpc_client.h"
#include "adapters/http_client/infer_client.h"
#include "adapters/http_client/task_client.h"
#include "apps/perigee/commands.h"
#include "apps/perigee/exit_code.h"
#include "apps/perigee/read_file.h"
#include "trial/load.h"
#include "trial/report.h"

namespace perigee::app {
namespace {

struct BenchFlags {
  std::string http = "http://127.0.0.1:8000";
  std::string grpc;  // host:port; empty: over HTTP
  std::string ca_file;
  std::string model = "emotion";
  std::string task;
  std::string photo;
  int clients = 8;
  double rate = 0;
  bool uniform = false;
  double duration_s = 10;
  double warm_up_s = 1;
  std::uint64_t requests = 0;
  int timeout_ms = 30000;
  double budget_ms = 0;  // 0: none
  std::string tenant;
  int server_pid = 0;
  bool json = false;
};

Duration Seconds(double seconds) { return Duration(static_cast<Duration::rep>(seconds * 1e9)); }

// Pixels that look like nothing: the work of a model does not depend on them.
tensor::Tensor Noise(const model::TensorSpec& spec) {
  tensor::Shape shape = spec.shape;
  std::ranges::replace(shape, std::int64_t{-1}, std::int64_t{1});
  tensor::Tensor tensor = tensor::Tensor::Zeros(spec.dtype, shape);
  if (spec.dtype != tensor::DType::kUint8) return tensor;
  std::uint32_t state = 1;
  for (std::uint8_t& pixel : tensor.Mutable<std::uint8_t>()) {
    state = state * 1664525U + 1013904223U;
    pixel = static_cast<std::uint8_t>(state >> 24U);
  }
  return tensor;
}

// What every client sends: noise for each input, or the photograph for a BYTES input.
Result<wire::InferRequest> MakeRequest(const BenchFlags& flags) {
  const net::HttpClientOptions options{.ca_file = flags.ca_file};
  const std::unique_ptr<http_client::InferClient> client =
      TRY(http_client::InferClient::Open(flags.http, options));
  const model::Description description = TRY(client->Describe(flags.model, {}));
  wire::InferRequest request;
  request.model_name = flags.model;
  request.binary_output = true;
  for (const model::TensorSpec& input : description.inputs) {
    if (input.dtype != tensor::DType::kBytes) {
      request.inputs.push_back({input.name, Noise(input)});
      continue;
    }
    if (flags.photo.empty()) {
      return Fail(InvalidArgument("bench " + flags.model + ": needs --photo for its BYTES input"));
    }
    const std::vector<std::byte> bytes = TRY(ReadFile(flags.photo));
    const std::string photo(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    request.inputs.push_back({input.name, tensor::Tensor::OfBytes({1}, std::span(&photo, 1))});
  }
  return request;
}

trial::CallTimes WithLoad(trial::CallTimes times, const wire::LoadReport& load) {
  times.queued = load.queued;
  times.compute = load.compute;
  times.next = load.next;
  return times;
}

Result<std::vector<trial::Call>> HttpCalls(const BenchFlags& flags,
                                           const wire::InferRequest& request) {
  std::vector<trial::Call> calls;
  for (int i = 0; i < flags.clients; ++i) {
    auto client = TRY(http_client::InferClient::Open(flags.http, {.ca_file = flags.ca_file}));
    calls.emplace_back([client = std::move(client),
                        &request](const task::Context& context) -> Result<trial::CallTimes> {
      const std::uint64_t sent = client->bytes_sent();
      const std::uint64_t received = client->bytes_received();
      const Result<wire::InferResponse> response = client->Infer(request, context);
      if (!response) return Fail(response.error());
      return WithLoad({.sent_bytes = client->bytes_sent() - sent,
                       .received_bytes = client->bytes_received() - received},
                      client->load());
    });
  }
  return calls;
}

Result<std::vector<trial::Call>> GrpcCalls(const BenchFlags& flags,
                                           const wire::InferRequest& request, const Clock& clock) {
  std::vector<trial::Call> calls;
  grpc_client::GrpcClientOptions options;
  options.ca_file = flags.ca_file;
  for (int i = 0; i < flags.clients; ++i) {
    auto client = TRY(grpc_client::GrpcClient::Open(flags.grpc, options, clock));
    calls.emplace_back([client = std::move(client),
                        &request](const task::Context& context) -> Result<trial::CallTimes> {
      const Result<wire::InferResponse> response = client->Infer(request, context);
      if (!response) return Fail(response.error());
      return WithLoad({}, client->load());
    });
  }
  return calls;
}

Result<std::vector<trial::Call>> TaskCalls(const BenchFlags& flags, task::Task& task,
                                           std::span<const std::byte> photo) {
  std::vector<trial::Call> calls;
  for (int i = 0; i < flags.clients; ++i) {
    calls.emplace_back([&task, photo](const task::Context& context) -> Result<trial::CallTimes> {
      const Result<task::Answer> answer = task.Run({photo, "", {}}, context);
      if (!answer) return Fail(answer.error());
      return trial::CallTimes{.sent_bytes = photo.size(), .next = task.hint(task::kUsualBudget)};
    });
  }
  return calls;
}

trial::LoadOptions ToLoadOptions(const BenchFlags& flags) {
  trial::LoadOptions options;
  options.warm_up = Seconds(flags.warm_up_s);
  options.duration = Seconds(flags.duration_s);
  options.requests = flags.requests;
  options.rate_per_second = flags.rate;
  options.spacing = flags.uniform ? trial::Spacing::kUniform : trial::Spacing::kPoisson;
  options.timeout = std::chrono::milliseconds(flags.timeout_ms);
  if (flags.budget_ms > 0) options.budget = Seconds(flags.budget_ms / 1000);
  options.tenant = flags.tenant;
  if (flags.server_pid != 0) options.server_pid = flags.server_pid;
  return options;
}

Result<trial::LoadReport> Measure(const BenchFlags& flags) {
  trial::SteadyTimeline timeline;
  const trial::LoadOptions options = ToLoadOptions(flags);
  if (!flags.task.empty()) {
    const std::vector<std::byte> photo = TRY(ReadFile(flags.photo));
    const auto task =
        TRY(http_client::TaskClient::Open(flags.http, flags.task, {.ca_file = flags.ca_file}));
    std::vector<trial::Call> calls = TRY(TaskCalls(flags, *task, photo));
    return trial::RunLoad(std::move(calls), options, timeline, {});
  }
  const wire::InferRequest request = TRY(MakeRequest(flags));
  std::vector<trial::Call> calls =
      TRY(flags.grpc.empty() ? HttpCalls(flags, request) : GrpcCalls(flags, request, timeline));
  return trial::RunLoad(std::move(calls), options, timeline, {});
}

ExitCode RunBench(const BenchFlags& flags) {
  const Result<trial::LoadReport> report = Measure(flags);
  if (!report) return Report(report.error());
  fmt::print("{}", flags.json ? trial::ToJson(*report) + "\n" : trial::ToTable(*report));
  return report->errors.empty() ? kOk : kSomeFailed;
}

void AddTargetFlags(CLI::App& command, BenchFlags& flags) {
  command.add_option("--http", flags.http, "The node's HTTP address")->capture_default_str();
  command.add_option("--grpc", flags.grpc,
                     "Call over gRPC instead, HOST:PORT (metadata still comes over HTTP)");
  command.add_option("--ca", flags.ca_file,
                     "PEM file of the authority that signed the node's certificate");
  CLI::Option* model =
      command.add_option("--model", flags.model, "Infer with this model")->capture_default_str();
  command.add_option("--task", flags.task, "Send --photo to this task instead")->excludes(model);
  command.add_option("--photo", flags.photo, "Photograph for a task, or for a model's BYTES input");
}

}  // namespace

void AddBench(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("bench", "Load a node and measure latency and throughput");
  const auto flags = std::make_shared<BenchFlags>();
  AddTargetFlags(*command, *flags);
  command->add_option("--clients", flags->clients, "Clients at once")
      ->capture_default_str()
      ->check(CLI::Range(1, static_cast<int>(trial::kClientsMax)));
  command->add_option("--rate", flags->rate,
                      "Open loop: requests a second, from seeded Poisson arrivals [closed loop]");
  command->add_flag("--uniform", flags->uniform, "Open loop with even spacing");
  command->add_option("--duration", flags->duration_s, "Seconds to measure")->capture_default_str();
  command->add_option("--warm-up", flags->warm_up_s, "Seconds before that")->capture_default_str();
  command->add_option("--requests", flags->requests,
                      "Measure this many requests instead of a duration");
  command->add_option("--timeout-ms", flags->timeout_ms, "Budget of each request")
      ->capture_default_str();
  command
      ->add_option("--budget-ms", flags->budget_ms,
                   "By when an answer is of use, from its intended start; every request says so")
      ->check(CLI::Range(0.0, 86'400'000.0));
  command->add_option("--tenant", flags->tenant, "On whose share of the node the requests count");
  command->add_option("--server-pid", flags->server_pid,
                      "Report the processor time and memory of this process");
  command->add_flag("--json", flags->json, "Print JSON instead of a table");
  command->callback([flags, &exit_code] { exit_code = RunBench(*flags); });
}

}  // namespace perigee::app
