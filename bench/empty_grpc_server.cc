// The floor under gRPC numbers: ModelInfer by the same library, whose handler looks at nothing and
// answers the same bytes each time, as many as `emotion` answers. Prints its address, ends at
// SIGTERM.
#include <fmt/format.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "canned_answer.h"
#include "inference.grpc.pb.h"

namespace {

using Service = inference::GRPCInferenceService;

grpc::ByteBuffer Canned() {
  const grpc::Slice slice(perigee::bench::CannedAnswer());
  return {&slice, 1};
}

// Thread-safe.
class EmptyService final : public Service::WithRawCallbackMethod_ModelInfer<Service::Service> {
 public:
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer*, grpc::ByteBuffer* out) override {
    *out = answer_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const grpc::ByteBuffer answer_ = Canned();
};

}  // namespace

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  EmptyService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    fmt::print(stderr, "empty_grpc_server: listen on loopback: the address cannot be bound\n");
    return 1;
  }
  fmt::print("ready grpc=127.0.0.1:{}\n", port);
  (void)std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown();
  return 0;
}
