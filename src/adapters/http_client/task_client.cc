#include "adapters/http_client/task_client.h"

#include <span>
#include <utility>

#include "adapters/http_client/terms.h"
#include "wire/error.h"
#include "wire/form.h"
#include "wire/task_api.h"

namespace perigee::http_client {
namespace {

constexpr std::size_t kIdleMax = 64;

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

Result<net::HttpResponse> SendOk(net::HttpClient& client, const net::ClientRequest& request,
                                 const task::Context& context) {
  net::HttpResponse response = TRY(client.Send(request, context));
  if (response.status != 200) return Fail(wire::ParseError(response.status, Bytes(response.body)));
  return response;
}

}  // namespace

Result<std::unique_ptr<TaskClient>> TaskClient::Open(std::string_view url, std::string_view task,
                                                     const net::HttpClientOptions& options) {
  std::unique_ptr<TaskClient> client(new TaskClient(std::string(url), options));
  Connection connection = TRY(client->Borrow());
  net::ClientRequest request;
  request.target = "/v1/tasks/" + std::string(task);
  const task::Context context{
      .deadline = DeadlineAfter(std::chrono::steady_clock::now(), options.connect_timeout),
      .stop = {},
      .purpose = ""};
  const net::HttpResponse response = TRY(SendOk(*connection, request, context));
  client->description_ = TRY(wire::ParseTask(Bytes(response.body)));
  client->idle_.With([&](auto& idle) { idle.push_back(std::move(connection)); });
  return client;
}

Result<TaskClient::Connection> TaskClient::Borrow() {
  Connection kept = idle_.With([](std::vector<Connection>& idle) {
    if (idle.empty()) return Connection();
    Connection last = std::move(idle.back());
    idle.pop_back();
    return last;
  });
  if (kept != nullptr) return kept;
  return net::HttpClient::Open(url_, options_);
}

Result<task::Answer> TaskClient::Run(const task::Payload& payload, const task::Context& context) {
  Connection connection = TRY(Borrow());
  net::ClientRequest request;
  request.method = "POST";
  request.target = "/v1/tasks/" + description_.name;
  if (!payload.options.empty()) request.target += "?" + wire::WriteQuery(payload.options);
  const bool known = !payload.media_type.empty();
  request.headers = {{"Content-Type", known ? payload.media_type : "application/octet-stream"}};
  AddTerms(context, request.headers);
  request.body = payload.bytes;
  Result<net::HttpResponse> response = connection->Send(request, context);
  idle_.With([&](std::vector<Connection>& idle) {
    if (idle.size() < kIdleMax) idle.push_back(std::move(connection));
  });
  if (!response) return Fail(std::move(response).error());
  heard_.With(
      [&](Heard& heard) { heard = {LoadOf(*response).next, std::chrono::steady_clock::now()}; });
  if (response->status != 200) {
    return Fail(wire::ParseError(response->status, Bytes(response->body)));
  }
  wire::TaskAnswer answer = TRY(wire::ParseAnswer(Bytes(response->body)));
  node_.With([&](std::string& node) { node = std::move(answer.node); });
  return std::move(answer.answer);
}

task::Hint TaskClient::hint(Duration /*budget*/) const {
  const Heard heard = heard_.With([](const Heard& last) { return last; });
  task::Hint hint = heard.hint;
  hint.valid_for -= std::chrono::steady_clock::now() - heard.at;
  return hint.valid_for > Duration{} ? hint : task::Hint{};
}

std::string TaskClient::node() const {
  return node_.With([](const std::string& node) { return node; });
}

}  // namespace perigee::http_client
