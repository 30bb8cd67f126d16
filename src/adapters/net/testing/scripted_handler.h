// An HttpHandler whose behaviour the path names, for tests of listeners and clients. Thread-safe.
//   /echo    the body back, at once         /held    kept until Take(), the test answers it
//   /thread  the body back, from a thread   /dropped the respond object is dropped
//   /large   8 MiB                          any other: 404
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/net/http.h"

namespace perigee::net {

struct HeldRequest {
  std::unique_ptr<HttpRequest> request;
  HttpRespond respond;
};

class ScriptedHandler final : public HttpHandler {
 public:
  void Handle(std::unique_ptr<HttpRequest> request, HttpRespond respond) override;
  HttpResponse Refusal(int status, std::string_view why) override;

  // The next request to /held, waiting ten seconds for it at most.
  std::optional<HeldRequest> Take();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<HeldRequest> held_;      // guarded by mutex_
  std::vector<std::jthread> threads_;  // guarded by mutex_
};

// Waits until `stop` is requested; false if it is not within ten seconds.
bool WaitForStop(std::stop_token stop);

HttpResponse Text(std::string body);

}  // namespace perigee::net
