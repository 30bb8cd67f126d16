// The HTTP face of a node: one handler for every path. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/http_server/node.h"
#include "adapters/http_server/router.h"
#include "adapters/net/http.h"
#include "runtime/guarded.h"

namespace perigee::http_server {

class HttpServer final : public net::HttpHandler {
 public:
  explicit HttpServer(Node node);

  void Handle(std::unique_ptr<net::HttpRequest> request, net::HttpRespond respond) override;
  net::HttpResponse Refusal(int status, std::string_view why) override;

 private:
  using Counts = std::map<std::pair<std::string, int>, std::uint64_t>;  // method, status

  std::string Metrics() const;
  net::HttpRespond Counted(std::string_view method, net::HttpRespond respond);

  const Node node_;
  Router router_;
  runtime::Guarded<Counts> counts_;
};

}  // namespace perigee::http_server
