#include "adapters/grpc_server/grpc_server.h"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include "adapters/grpc_server/service.h"
#include "adapters/grpc_server/task_stream.h"

namespace perigee::grpc_server {
namespace {

constexpr Duration kDrainMax = std::chrono::hours(24);

using Credentials = std::shared_ptr<grpc::ServerCredentials>;

int Milliseconds(std::chrono::milliseconds duration) {
  return static_cast<int>(
      std::min<std::int64_t>(duration.count(), std::numeric_limits<int>::max()));
}

int Bytes(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

Result<std::string> ReadPem(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) return Fail(NotFound("read " + file.string() + ": it cannot be opened"));
  if (!text.contains("-----BEGIN ")) {
    return Fail(InvalidArgument("read " + file.string() + ": it holds nothing in PEM form"));
  }
  return text;
}

Result<Credentials> MakeCredentials(const GrpcServerOptions& options) {
  if (options.certificate_file.empty() && options.key_file.empty()) {
    return grpc::InsecureServerCredentials();
  }
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return Fail(InvalidArgument("a certificate and a key are needed, only one is given"));
  }
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  pair.cert_chain = TRY(ReadPem(options.certificate_file));
  pair.private_key = TRY(ReadPem(options.key_file));
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(tls);
}

std::string Target(const GrpcServerOptions& options) {
  const bool six = options.address.contains(':');  // IPv6 goes in brackets
  return fmt::format(fmt::runtime(six ? "[{}]:{}" : "{}:{}"), options.address, options.port);
}

void Limit(const GrpcServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(Bytes(options.message_max));
  builder.SetMaxSendMessageSize(Bytes(options.message_max));
  // The library would inflate a compressed message whole before it looks at the limit: a few MiB on
  // the wire could be gigabytes here. Clients learn from the headers that it must be `identity`.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  grpc::ResourceQuota quota("perigee");
  quota.Resize(options.memory_max);
  builder.SetResourceQuota(quota);
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_MAX_METADATA_SIZE, Bytes(options.metadata_max)},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, options.streams_max},
      {GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive_time)},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.keepalive_timeout)},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
       Milliseconds(options.ping_interval_min)},
      {GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2},
      // Without this a second server on the same port starts, and takes half of the calls.
      {GRPC_ARG_ALLOW_REUSEPORT, 0},
      {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
      {GRPC_ARG_ENABLE_CHANNELZ, 0},
  };
  for (const auto& [name, value] : arguments) builder.AddChannelArgument(name, value);
}

}  // namespace

struct GrpcServer::Parts {
  explicit Parts(const Node& node)
      : clock(node.clock), inference(node), health(node.draining), tasks(node) {}

  const Clock& clock;
  InferenceService inference;
  HealthService health;
  TaskService tasks;
  int port = 0;
  std::unique_ptr<grpc::Server> server;  // last: it ends before the services it calls
};

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                      const Node& node) {
  const std::string attempt = "listen for gRPC on " + Target(options);
  // The library would write lines of its own to stderr, some of them at any stranger's will.
  gpr_set_log_function([](gpr_log_func_args*) {});
  Result<Credentials> credentials = MakeCredentials(options);
  if (!credentials.has_value()) return Fail(std::move(credentials).error().Within(attempt));
  auto parts = std::make_unique<Parts>(node);
  grpc::ServerBuilder builder;
  Limit(options, builder);
  builder.AddListeningPort(Target(options), *credentials, &parts->port);
  builder.RegisterService(&parts->inference);
  builder.RegisterService(&parts->health);
  if (node.tasks != nullptr) builder.RegisterService(&parts->tasks);
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr || parts->port == 0) {
    const bool tls = !options.key_file.empty();
    return Fail(Unavailable(attempt + (tls ? ": the address or the certificate cannot be used"
                                           : ": the address cannot be bound")));
  }
  return std::make_unique<GrpcServer>(std::move(parts));
}

GrpcServer::GrpcServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

GrpcServer::~GrpcServer() { Drain(parts_->clock.Now()); }

int GrpcServer::port() const { return parts_->port; }

void GrpcServer::Drain(TimePoint deadline) {
  // The library wants a point of the calendar clock; one after the end of time would overflow.
  const Duration left = std::min<Duration>(deadline - parts_->clock.Now(), kDrainMax);
  parts_->server->Shutdown(std::chrono::system_clock::now() + left);
}

}  // namespace perigee::grpc_server
