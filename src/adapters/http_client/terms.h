// What a task::Context says about a request, as the headers of a call, and what a node says about
// its load, out of those of its answer (docs/adr/0007-deadline-contract.md). Any thread.
#pragma once

#include "adapters/net/http.h"
#include "task/context.h"
#include "wire/load_report.h"

namespace perigee::http_client {

// The budget is what is left at this moment.
void AddTerms(const task::Context& context, net::Headers& headers);

// Empty if the answer has no report that can be read.
wire::LoadReport LoadOf(const net::HttpResponse& response);

}  // namespace perigee::http_client
