#include "adapters/grpc_client/grpc_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <stop_token>
#include <utility>

#include "adapters/grpc_client/infer_codec.h"
#include "inference.grpc.pb.h"
#include "wire/budget.h"
#include "wire/trace_context.h"

namespace perigee::grpc_client {
namespace {

using Credentials = std::shared_ptr<grpc::ChannelCredentials>;

// A deadline further away than this is none: it would overflow the calendar clock.
constexpr Duration kDeadlineMax = std::chrono::hours(24 * 365);

Result<Credentials> MakeCredentials(const GrpcClientOptions& options) {
  if (!options.tls && options.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  if (options.ca_file.empty()) return grpc::SslCredentials(tls);
  std::ifstream stream(options.ca_file, std::ios::binary);
  tls.pem_root_certs.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream) {
    return Fail(NotFound("read " + options.ca_file.string() + ": it cannot be opened"));
  }
  if (!tls.pem_root_certs.contains("-----BEGIN ")) {
    return Fail(
        InvalidArgument("read " + options.ca_file.string() + ": it holds nothing in PEM form"));
  }
  return grpc::SslCredentials(tls);
}

grpc::ChannelArguments Arguments(const GrpcClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(
      std::min<std::size_t>(options.message_max, std::numeric_limits<int>::max())));
  arguments.SetMaxSendMessageSize(-1);
  // A connection of its own: channels of one target would otherwise share theirs.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A node is on the local network; a proxy for the web does not know it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A retry would hide a refusal from whoever measures it.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  return arguments;
}

Code ToCode(grpc::StatusCode status) {
  switch (status) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
      return Code::kInvalidArgument;
    case grpc::StatusCode::NOT_FOUND:
      return Code::kNotFound;
    case grpc::StatusCode::UNAUTHENTICATED:
      return Code::kUnauthenticated;
    case grpc::StatusCode::PERMISSION_DENIED:
      return Code::kPermissionDenied;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Code::kResourceExhausted;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Code::kDeadlineExceeded;
    case grpc::StatusCode::CANCELLED:
      return Code::kCancelled;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::ABORTED:
      return Code::kUnavailable;
    case grpc::StatusCode::UNIMPLEMENTED:
      return Code::kUnimplemented;
    default:  // INTERNAL, UNKNOWN, DATA_LOSS, and numbers that gRPC does not name
      return Code::kInternal;
  }
}

Result<void> ToResult(const grpc::Status& status) {
  if (status.ok()) return {};
  return Fail({ToCode(status.error_code()), status.error_message()});
}

}  // namespace

struct GrpcClient::Parts {
  Parts(const Clock& the_clock, const std::shared_ptr<grpc::Channel>& channel)
      : clock(the_clock), stub(channel) {}

  // Prepares `call` from `context`; the stop reaches the call as long as the answer lives.
  std::stop_callback<std::function<void()>> Bind(const task::Context& context,
                                                 grpc::ClientContext& call) const {
    const Duration left =
        context.deadline == kNever ? Duration::max() : context.deadline - clock.Now();
    if (left < kDeadlineMax) call.set_deadline(std::chrono::system_clock::now() + left);
    return std::stop_callback<std::function<void()>>(context.stop, [&call] { call.TryCancel(); });
  }

  // What a call says besides its payload (docs/adr/0007-deadline-contract.md); its budget is gRPC's
  // own deadline.
  static void AddTerms(const task::Context& context, grpc::ClientContext& call) {
    const auto add = [&call](std::string_view name, const std::string& value) {
      if (!value.empty()) call.AddMetadata(std::string(name), value);
    };
    add(wire::kTenantHeader, context.tenant);
    add(wire::kPurposeHeader, context.purpose);
    add(wire::kTraceHeader, wire::WriteTraceparent(context.trace));
    if (context.priority == task::Priority::kNormal) return;
    add(wire::kPriorityHeader, std::string(wire::PriorityName(context.priority)));
  }

  void ReadLoad(const grpc::ClientContext& call) {
    const auto& trailers = call.GetServerTrailingMetadata();
    const auto found =
        trailers.find(grpc::string_ref(wire::kLoadHeader.data(), wire::kLoadHeader.size()));
    load = {};
    if (found == trailers.end()) return;
    const std::string_view text(found->second.data(), found->second.size());
    load = wire::ParseLoadReport(text).value_or(wire::LoadReport{});
  }

  const Clock& clock;
  wire::LoadReport load;
  inference::GRPCInferenceService::Stub stub;
  inference::ModelInferRequest request;  // reused, with the answer: their memory is warm
  inference::ModelInferResponse response;
};

Result<std::unique_ptr<GrpcClient>> GrpcClient::Open(const std::string& target,
                                                     const GrpcClientOptions& options,
                                                     const Clock& clock) {
  Result<Credentials> credentials = MakeCredentials(options);
  if (!credentials.has_value()) {
    return Fail(std::move(credentials).error().Within("open gRPC client of " + target));
  }
  const auto channel = grpc::CreateCustomChannel(target, *credentials, Arguments(options));
  return std::make_unique<GrpcClient>(std::make_unique<Parts>(clock, channel));
}

GrpcClient::GrpcClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

GrpcClient::~GrpcClient() = default;

Result<wire::InferResponse> GrpcClient::Infer(const wire::InferRequest& request,
                                              const task::Context& context) {
  EncodeInfer(request, parts_->request);
  parts_->response.Clear();
  grpc::ClientContext call;
  Parts::AddTerms(context, call);
  const auto stop = parts_->Bind(context, call);
  const grpc::Status status = parts_->stub.ModelInfer(&call, parts_->request, &parts_->response);
  parts_->ReadLoad(call);
  TRY(ToResult(status));
  return DecodeInfer(parts_->response);
}

const wire::LoadReport& GrpcClient::load() const { return parts_->load; }

Result<bool> GrpcClient::Ready(const task::Context& context) {
  grpc::ClientContext call;
  const auto stop = parts_->Bind(context, call);
  inference::ServerReadyResponse response;
  TRY(ToResult(parts_->stub.ServerReady(&call, {}, &response)));
  return response.ready();
}

}  // namespace perigee::grpc_client
