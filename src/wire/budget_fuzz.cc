// Hostile headers and load reports end in an error or in values that keep their bounds and write
// back. The first byte picks the header; "L" is a load report.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/budget.h"
#include "wire/load_report.h"
#include "wire/trace_context.h"

namespace {

using namespace perigee;

void FuzzTrace(std::string_view text) {
  const auto trace = wire::ParseTraceparent(text);
  if (!trace) return;
  CHECK(!trace->empty());
  const auto again = wire::ParseTraceparent(wire::WriteTraceparent(*trace));
  CHECK(again && again->trace_id == trace->trace_id && again->span_id == trace->span_id);
}

void FuzzReport(std::string_view text) {
  const auto report = wire::ParseLoadReport(text);
  if (!report) return;
  const std::string written = wire::LoadReportText(*report);
  CHECK(written.empty() || wire::ParseLoadReport(written).has_value());
}

void FuzzTerms(std::string_view name, std::string_view text) {
  wire::TermHeaders headers;
  CHECK(headers.Take(name, text));
  const auto terms = wire::ReadTerms(headers);
  if (!terms) return;
  CHECK(terms->tenant.size() <= wire::kTenantMax && terms->purpose.size() <= wire::kPurposeMax);
  const TimePoint arrived{std::chrono::hours(1)};
  CHECK(wire::ToContext(*terms, arrived, Duration::max()).deadline >= arrived);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'L':
      FuzzReport(text);
      break;
    case 'R':
      FuzzTrace(text);
      break;
    case 'B':
      FuzzTerms(wire::kBudgetHeader, text);
      break;
    case 'P':
      FuzzTerms(wire::kPriorityHeader, text);
      break;
    case 'T':
      FuzzTerms(wire::kTenantHeader, text);
      break;
    default:
      FuzzTerms(wire::kPurposeHeader, text);
  }
  return 0;
}
