#include "apps/perigee/edge_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

#include "apps/perigee/embedded.h"
#include "runtime/process_usage.h"

namespace perigee::app {
namespace {

bool IsLoopback(std::string_view address) {
  return address == "::1" || address == "localhost" || address.starts_with("127.");
}

// A listener without TLS that others can reach must be wanted, in so many words.
Result<void> CheckClearText(const runtime::Config& config, const std::string& section) {
  const bool tls = !config.Text(section + ".certificate").empty();
  if (tls != !config.Text(section + ".key").empty()) {
    return Fail(
        InvalidArgument(fmt::format("{0}: {0}.certificate and {0}.key belong together", section)));
  }
  const std::string& address = config.Text(section + ".address");
  if (tls || IsLoopback(address) || config.Switch(section + ".insecure")) return {};
  return Fail(InvalidArgument(
      fmt::format("{0}: clear text on {1} needs {0}.insecure: true, or give {0}.certificate and "
                  "{0}.key",
                  section, address)));
}

// Empty: nothing is kept. A service without a home has no cache folder either.
std::filesystem::path ProfileFolder(const std::string& setting) {
  if (setting == "off") return {};
  if (setting != "auto") return setting;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): at start; nothing here ever sets a variable.
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::filesystem::path(cache) / "perigee/profiles";
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): as above
  if (home == nullptr || *home != '/') return {};
  return std::filesystem::path(home) / ".cache/perigee/profiles";
}

// Until callers have identities, only those on this machine may change its models unasked.
bool MayManage(const runtime::Config& config, const std::string& section) {
  const std::string& wanted = config.Text("management");
  return wanted == "auto" ? IsLoopback(config.Text(section + ".address")) : wanted == "true";
}

Result<void> CheckManagement(const runtime::Config& config) {
  const std::string& control = config.Text("models_control");
  if (control != "start" && control != "poll" && control != "explicit") {
    return Fail(InvalidArgument("models_control: must be start, poll or explicit"));
  }
  const std::string& management = config.Text("management");
  if (management == "auto" || management == "true" || management == "false") return {};
  return Fail(InvalidArgument("management: must be auto, true or false"));
}

EngineOptions ToEngineOptions(const runtime::Config& config) {
  using Control = serving::LiveRepositoryOptions::Control;
  EngineOptions options;
  options.models = config.Text("models");
  const std::string& control = config.Text("models_control");
  if (control == "poll") options.control = Control::kPoll;
  if (control == "explicit") options.control = Control::kExplicit;
  options.poll_every = std::chrono::milliseconds(config.Integer("models_poll_ms"));
  const long instances = config.Integer("serving.instances");
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  options.serving.instances = static_cast<int>(instances > 0 ? instances : cores);
  options.serving.threads = static_cast<int>(config.Integer("serving.threads"));
  options.serving.gather_max = static_cast<int>(config.Integer("serving.gather_max"));
  options.serving.wait_max = std::chrono::microseconds(config.Integer("serving.wait_max_us"));
  options.serving.queue_max = static_cast<int>(config.Integer("serving.queue_max"));
  options.serving.device = config.Text("serving.device");
  options.serving.run_max = std::chrono::milliseconds(config.Integer("serving.run_max_ms"));
  options.serving.trace_folder = config.Text("serving.trace_folder");
  options.serving.profile.measure = config.Switch("serving.profile");
  options.serving.profile.cache = ProfileFolder(config.Text("serving.profile_cache"));
  options.task_queue_max = static_cast<int>(config.Integer("tasks.queue_max"));
  return options;
}

wire::ServingOptions ToWire(const serving::ServedModelOptions& serving) {
  return {
      .instances = serving.instances,
      .queue_delay_max = std::chrono::duration_cast<std::chrono::microseconds>(serving.wait_max)};
}

wire::ProcessMetrics ThisProcess() {
  const runtime::ProcessUsage usage = runtime::ReadProcessUsage();
  return {.version = std::string(kVersion),
          .start_time_seconds = usage.start_time_seconds,
          .cpu_seconds = usage.cpu_seconds,
          .resident_bytes = usage.resident_bytes,
          .open_fds = usage.open_fds};
}

net::HttpListenerOptions HttpOptions(const runtime::Config& config) {
  net::HttpListenerOptions options;
  options.address = config.Text("http.address");
  options.port = static_cast<int>(config.Integer("http.port"));
  options.threads = static_cast<int>(config.Integer("http.threads"));
  options.certificate_file = config.Text("http.certificate");
  options.key_file = config.Text("http.key");
  options.insecure = config.Switch("http.insecure");
  options.body_max = static_cast<std::size_t>(config.Integer("http.body_max_kib")) << 10;
  options.connections_max = static_cast<int>(config.Integer("http.connections_max"));
  return options;
}

grpc_server::GrpcServerOptions GrpcOptions(const runtime::Config& config) {
  grpc_server::GrpcServerOptions options;
  options.address = config.Text("grpc.address");
  options.port = static_cast<int>(config.Integer("grpc.port"));
  options.certificate_file = config.Text("grpc.certificate");
  options.key_file = config.Text("grpc.key");
  options.message_max = static_cast<std::size_t>(config.Integer("http.body_max_kib")) << 10;
  return options;
}

}  // namespace

Result<std::unique_ptr<EdgeNode>> EdgeNode::Start(const runtime::Config& config,
                                                  const runtime::Log& log) {
  TRY(CheckClearText(config, "http"));
  if (config.Switch("grpc.enabled")) TRY(CheckClearText(config, "grpc"));
  TRY(CheckManagement(config));
  std::unique_ptr<EdgeNode> node(new EdgeNode());
  node->engines_ = TRY(Engines::Load(ToEngineOptions(config), log, node->clock_));
  TRY(node->Trace(config));
  TRY(node->Listen(config));
  return node;
}

Result<void> EdgeNode::Trace(const runtime::Config& config) {
  if (config.Text("otlp.endpoint").empty()) return {};
  exporter_ = TRY(otlp::Exporter::Start({.endpoint = config.Text("otlp.endpoint"),
                                         .ca_file = config.Text("otlp.ca"),
                                         .resource = {.service = "perigee",
                                                      .version = std::string(kVersion),
                                                      .instance = config.Text("node")}}));
  std::random_device random;  // ids must differ from node to node
  const std::uint64_t seed = (std::uint64_t{random()} << 32U) | random();
  tracer_ = std::make_unique<runtime::Tracer>(
      *exporter_, clock_, static_cast<double>(config.Integer("otlp.sample_percent")), seed);
  return {};
}

Result<void> EdgeNode::Listen(const runtime::Config& config) {
  const EngineOptions options = ToEngineOptions(config);
  http_ = std::make_unique<http_server::HttpServer>(http_server::Node{
      .name = config.Text("node"),
      .version = std::string(kVersion),
      .openapi = std::string(kOpenapi),
      .models = engines_->models(),
      .serving = ToWire(options.serving),
      .tasks = engines_->tasks(),
      .clock = clock_,
      .request_timeout = std::chrono::milliseconds(config.Integer("request_timeout_ms")),
      .body_max = static_cast<std::size_t>(config.Integer("http.body_max_kib")) << 10,
      .draining = draining_,
      .process = ThisProcess,
      .repository = engines_->repository(MayManage(config, "http")),
      .tracer = tracer_.get(),
      .triton_metrics = config.Switch("metrics.triton_names"),
      .streams = &streams_});
  http_listener_ = TRY(net::HttpListener::Start(HttpOptions(config), *http_));
  http_host_ = config.Text("http.address");
  https_ = !config.Text("http.certificate").empty();
  if (!config.Switch("grpc.enabled")) return {};
  grpc_host_ = config.Text("grpc.address");
  const auto timeout = std::chrono::milliseconds(config.Integer("request_timeout_ms"));
  grpc_ = TRY(grpc_server::GrpcServer::Start(
      GrpcOptions(config),
      grpc_server::Node{.name = config.Text("node"),
                        .version = std::string(kVersion),
                        .models = engines_->models(),
                        .clock = clock_,
                        .draining = draining_,
                        .serving = ToWire(options.serving),
                        .repository = engines_->repository(MayManage(config, "grpc")),
                        .tracer = tracer_.get(),
                        .tasks = &engines_->tasks(),
                        .request_timeout = timeout,
                        .streams = &streams_}));
  return {};
}

std::string EdgeNode::http_url() const {
  const bool v6 = http_host_.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", https_ ? "https" : "http", v6 ? "[" : "", http_host_,
                     v6 ? "]" : "", http_listener_->port());
}

std::string EdgeNode::grpc_address() const {
  if (grpc_ == nullptr) return "";
  const bool v6 = grpc_host_.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", grpc_host_, v6 ? "]" : "", grpc_->port());
}

void EdgeNode::Drain(Duration budget) {
  draining_ = true;
  const TimePoint deadline = DeadlineAfter(clock_.Now(), budget);
  std::jthread grpc;
  if (grpc_ != nullptr) grpc = std::jthread([&] { grpc_->Drain(deadline); });
  http_listener_->Drain(budget);
}

}  // namespace perigee::app
