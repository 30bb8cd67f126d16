// Paths to handlers, from one table. Pure; immutable once filled; any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/net/http.h"
#include "base/result.h"

namespace perigee::http_server {

using PathValues = std::map<std::string, std::string, std::less<>>;

// One request on its way: what it asked, what its path said, and how to answer.
struct Exchange {
  std::unique_ptr<net::HttpRequest> request;
  PathValues path;  // "{model}" -> "emotion", percent-decoded
  net::HttpRespond respond;

  // A value of the path; empty if the path has none of that name.
  std::string_view Path(std::string_view name) const;
};

class Router {
 public:
  using Handler = std::function<void(Exchange)>;

  // Pattern segments are literal or "{name}" with an optional literal tail:
  // "/v1/models/{model}:predict". Earlier routes win.
  void Add(std::string_view method, std::string_view pattern, Handler handler);

  struct Match {
    const Handler* handler = nullptr;  // nullptr: no such path, or not with this method
    PathValues path;
    std::string allow;  // methods that the path has, if only the method was wrong
  };
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> pattern;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace perigee::http_server
