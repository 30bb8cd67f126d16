// A task answered by a node over HTTP: bytes out, answer back. Callers cannot tell it from a
// pipeline. Thread-safe: a connection for each call under way, kept for the next.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/net/http_client.h"
#include "base/result.h"
#include "runtime/guarded.h"
#include "task/task.h"

namespace perigee::http_client {

class TaskClient final : public task::Task {
 public:
  // Asks the node for the task's description. Unavailable: no node there; NotFound: no such task.
  static Result<std::unique_ptr<TaskClient>> Open(std::string_view url, std::string_view task,
                                                  const net::HttpClientOptions& options);

  const task::Description& description() const override { return description_; }
  Result<task::Answer> Run(const task::Payload& payload, const task::Context& context) override;

  // As the node said with its last answer, while that holds.
  task::Hint hint(Duration budget) const override;

  // Of the node that answered last; empty before the first answer.
  std::string node() const;

 private:
  using Connection = std::unique_ptr<net::HttpClient>;

  TaskClient(std::string url, net::HttpClientOptions options)
      : url_(std::move(url)), options_(std::move(options)) {}
  Result<Connection> Borrow();

  const std::string url_;
  const net::HttpClientOptions options_;
  task::Description description_;
  runtime::Guarded<std::vector<Connection>> idle_;  // at most as many as calls were ever under way
  runtime::Guarded<std::string> node_;
  struct Heard {
    task::Hint hint;
    TimePoint at;
  };
  runtime::Guarded<Heard> heard_;
};

}  // namespace perigee::http_client
