#include "adapters/http_server/call.h"

#include <utility>

#include "adapters/http_server/respond.h"
#include "wire/error.h"

namespace perigee::http_server {
namespace {

constexpr int kNoRoom = 429;
constexpr int kErrors = 400;  // and above

}  // namespace

Result<void> Call::ReadTerms(std::string name) {
  wire::TermHeaders headers;
  for (const auto& [header, value] : exchange_.request->headers) headers.Take(header, value);
  terms_ = TRY(wire::ReadTerms(headers));
  json_report_ = net::HeaderValue(exchange_.request->headers, wire::kLoadFormatHeader) == "json";
  if (node_.tracer == nullptr) return {};
  const task::Trace& caller = terms_.trace;
  span_ = node_.tracer->Begin({caller.trace_id, caller.span_id, caller.sampled}, std::move(name),
                              exchange_.request->received_at);
  if (span_) terms_.trace = {span_->trace_id, span_->span_id, true};
  return {};
}

task::Context Call::context() const {
  task::Context context =
      wire::ToContext(terms_, exchange_.request->received_at, node_.request_timeout);
  context.stop = exchange_.request->stop;
  context.lends = exchange_.request->lends;
  return context;
}

wire::LoadReport LoadOf(const model::SharedModel& model, Duration budget,
                        const Result<model::Output>& output) {
  wire::LoadReport load;
  if (model != nullptr) load.next = model->hint(budget);
  if (!output) return load;
  load.queued = output->queued;
  load.compute = output->compute;
  return load;
}

void Call::SetStages(std::vector<runtime::StageSpan> stages) {
  if (!span_) return;
  stages_ = std::move(stages);
  staged_ = node_.clock.Now();
}

void Call::Respond(net::HttpResponse response, const wire::LoadReport& load) {
  std::string report = json_report_ ? wire::LoadReportJson(load) : wire::LoadReportText(load);
  if (!report.empty()) response.headers.emplace_back(wire::kLoadHeader, std::move(report));
  if (response.status == kNoRoom) {
    response.headers.emplace_back("Retry-After", wire::RetryAfterText(load.next));
  }
  if (span_) EndSpan(response.status);
  exchange_.respond(std::move(response));
}

void Call::Respond(Result<net::HttpResponse> response, const wire::LoadReport& load) {
  Respond(response ? *std::move(response) : ErrorResponse(response.error()), load);
}

void Call::EndSpan(int status) {
  runtime::Attributes& attributes = span_->attributes;
  attributes.emplace_back("http.request.method", exchange_.request->method);
  attributes.emplace_back("url.path", exchange_.request->path);
  attributes.emplace_back("http.response.status_code", std::to_string(status));
  if (!terms_.tenant.empty()) attributes.emplace_back("perigee.tenant", terms_.tenant);
  if (!terms_.purpose.empty()) attributes.emplace_back("perigee.purpose", terms_.purpose);
  std::string error;
  if (status >= kErrors) error = CodeName(wire::CodeOfStatus(status));
  node_.tracer->End(*std::move(span_), stages_, staged_, std::move(error));
  span_.reset();
}

}  // namespace perigee::http_server
