#include "adapters/net/testing/scripted_handler.h"

#include <future>
#include <string>
#include <utility>

namespace perigee::net {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

std::string BodyOf(const HttpRequest& request) {
  return {reinterpret_cast<const char*>(request.body.data()), request.body.size()};
}

}  // namespace

HttpResponse Text(std::string body) {
  return {.content_type = "text/plain", .body = std::move(body)};
}

void ScriptedHandler::Handle(std::unique_ptr<HttpRequest> request, HttpRespond respond) {
  const std::string_view path = request->path;
  if (path == "/echo") return respond(Text(BodyOf(*request)));
  if (path == "/large") return respond(Text(std::string(std::size_t{8} << 20, 'x')));
  if (path == "/dropped") return;
  const std::lock_guard lock(mutex_);
  if (path == "/held") {
    held_.push_back({std::move(request), std::move(respond)});
    arrived_.notify_all();
  } else if (path == "/thread") {
    threads_.emplace_back([request = std::move(request), answer = std::move(respond)]() mutable {
      answer(Text(BodyOf(*request)));
    });
  } else {
    respond({.status = 404, .body = "{}"});
  }
}

HttpResponse ScriptedHandler::Refusal(int status, std::string_view why) {
  return {.status = status, .content_type = "text/plain", .body = std::string(why)};
}

std::optional<HeldRequest> ScriptedHandler::Take() {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait_for(lock, kPatience, [this] { return !held_.empty(); })) return std::nullopt;
  HeldRequest first = std::move(held_.front());
  held_.erase(held_.begin());
  return first;
}

bool WaitForStop(std::stop_token stop) {
  auto stopped = std::make_shared<std::promise<void>>();
  std::future<void> future = stopped->get_future();
  const std::stop_callback on_stop(std::move(stop), [stopped] { stopped->set_value(); });
  return future.wait_for(kPatience) == std::future_status::ready;
}

}  // namespace perigee::net
