// W3C Trace Context, level 1: the header `traceparent` to task::Trace and back. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "task/trace.h"

namespace perigee::wire {

// Empty for whatever the standard calls invalid; the caller then starts a trace of its own. Later
// versions are read as far as version 00 goes, as the standard asks.
std::optional<task::Trace> ParseTraceparent(std::string_view text);

// "00-<32 hex>-<16 hex>-01"; empty for an empty trace.
std::string WriteTraceparent(const task::Trace& trace);

}  // namespace perigee::wire
