// One request for an answer of a model or a task, whatever the protocol: what it asks for besides
// its payload, and how its answer leaves, with its hint and its span.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http_server/node.h"
#include "adapters/http_server/router.h"
#include "base/result.h"
#include "model/model.h"
#include "runtime/span.h"
#include "task/context.h"
#include "wire/budget.h"
#include "wire/load_report.h"

namespace perigee::http_server {

// Belongs to one thread at a time.
class Call {
 public:
  // `node` outlives the call.
  Call(Exchange exchange, const Node& node) : exchange_(std::move(exchange)), node_(node) {}

  // Reads the headers of docs/adr/0007-deadline-contract.md. `name`: of its span, "infer emotion".
  // InvalidArgument names the header.
  Result<void> ReadTerms(std::string name);
  // What the inference parameters say on top.
  Result<void> AddParameters(const wire::Parameters& parameters) {
    return wire::AddParameters(parameters, terms_);
  }

  // Until when and for whom the request is worked on.
  task::Context context() const;
  // What it had when it came; task::kUsualBudget: nothing was said.
  Duration budget() const { return terms_.budget.value_or(task::kUsualBudget); }
  const net::HttpRequest& request() const { return *exchange_.request; }
  std::string_view Path(std::string_view name) const { return exchange_.Path(name); }

  // What the answer's stages took, one after another; the last ended now.
  void SetStages(std::vector<runtime::StageSpan> stages);

  // Once. The load report, where there is one, goes into the header; so does Retry-After where
  // there was no room.
  void Respond(net::HttpResponse response, const wire::LoadReport& load);
  void Respond(Result<net::HttpResponse> response, const wire::LoadReport& load);

 private:
  void EndSpan(int status);

  Exchange exchange_;
  const Node& node_;
  wire::Terms terms_;
  bool json_report_ = false;
  std::optional<runtime::RequestSpan> span_;
  std::vector<runtime::StageSpan> stages_;
  TimePoint staged_;
};

// What the caller of a model is told of the node's load, whether or not there is an answer. `model`
// is null where none was found; `budget` is what the caller gave this time.
wire::LoadReport LoadOf(const model::SharedModel& model, Duration budget,
                        const Result<model::Output>& output);

}  // namespace perigee::http_server
