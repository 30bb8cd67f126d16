// Open Inference Protocol over HTTP with binary tensors: what `perigee bench` and tests call.
// Not thread-safe: one a thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "adapters/net/http_client.h"
#include "base/result.h"
#include "model/model.h"
#include "task/context.h"
#include "wire/infer.h"
#include "wire/load_report.h"

namespace perigee::http_client {

class InferClient {
 public:
  static Result<std::unique_ptr<InferClient>> Open(std::string_view url,
                                                   const net::HttpClientOptions& options);

  Result<wire::InferResponse> Infer(const wire::InferRequest& request,
                                    const task::Context& context);
  // Inputs and outputs of a model; batch_max is 0. NotFound if the node has none of that name.
  Result<model::Description> Describe(std::string_view model, const task::Context& context);

  // What came with the last answer to Infer, or with its refusal.
  const wire::LoadReport& load() const { return load_; }

  std::uint64_t bytes_sent() const { return client_->bytes_sent(); }
  std::uint64_t bytes_received() const { return client_->bytes_received(); }

 private:
  explicit InferClient(std::unique_ptr<net::HttpClient> client) : client_(std::move(client)) {}

  std::unique_ptr<net::HttpClient> client_;
  wire::LoadReport load_;
};

}  // namespace perigee::http_client
