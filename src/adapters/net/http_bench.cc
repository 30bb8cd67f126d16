// One client, one connection, loopback: what a request costs outside any handler's work.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/net/http_client.h"
#include "adapters/net/http_listener.h"

namespace perigee::net {
namespace {

class Echo final : public HttpHandler {
 public:
  void Handle(std::unique_ptr<HttpRequest> request, HttpRespond respond) override {
    respond({.body = std::to_string(request->body.size())});
  }
  HttpResponse Refusal(int status, std::string_view) override { return {.status = status}; }
};

void RoundTrip(benchmark::State& state) {
  Echo handler;
  const auto listener = *HttpListener::Start({}, handler);
  const auto client = *HttpClient::Open("http://127.0.0.1:" + std::to_string(listener->port()));
  const std::vector<std::byte> body(static_cast<std::size_t>(state.range(0)));
  const ClientRequest request{.method = "POST", .body = body};
  for (auto _ : state) {
    const auto response = client->Send(request, {});
    if (!response) return state.SkipWithError(response.error().message.c_str());
  }
}

// 37 632 bytes: one 112 x 112 RGB picture. The process's CPU time is both ends' together.
BENCHMARK(RoundTrip)->Arg(0)->Arg(37632)->Arg(1 << 20)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace perigee::net
