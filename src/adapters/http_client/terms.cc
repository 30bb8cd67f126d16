#include "adapters/http_client/terms.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "wire/budget.h"
#include "wire/trace_context.h"

namespace perigee::http_client {
namespace {

void Add(std::string_view name, std::string value, net::Headers& headers) {
  if (!value.empty()) headers.emplace_back(name, std::move(value));
}

}  // namespace

void AddTerms(const task::Context& context, net::Headers& headers) {
  const TimePoint now = std::chrono::steady_clock::now();
  Add(wire::kBudgetHeader, wire::BudgetText(context.deadline, now), headers);
  Add(wire::kTenantHeader, context.tenant, headers);
  Add(wire::kPurposeHeader, context.purpose, headers);
  Add(wire::kTraceHeader, wire::WriteTraceparent(context.trace), headers);
  if (context.priority == task::Priority::kNormal) return;
  Add(wire::kPriorityHeader, std::string(wire::PriorityName(context.priority)), headers);
}

wire::LoadReport LoadOf(const net::HttpResponse& response) {
  const std::string_view text = net::HeaderValue(response.headers, wire::kLoadHeader);
  return wire::ParseLoadReport(text).value_or(wire::LoadReport{});
}

}  // namespace perigee::http_client
