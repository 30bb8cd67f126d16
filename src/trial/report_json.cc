#include <nlohmann/json.hpp>

#include "trial/report.h"

namespace perigee::trial {
namespace {

// Keeps the order in which a reader wants the keys.
using Json = nlohmann::ordered_json;

// Names of files may be any bytes; what is no UTF-8 comes out as U+FFFD.
std::string Text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json Latency(const LatencySummary& latency) {
  return {{"mean", ToMilliseconds(latency.mean)},  {"min", ToMilliseconds(latency.minimum)},
          {"p50", ToMilliseconds(latency.p50)},    {"p90", ToMilliseconds(latency.p90)},
          {"p95", ToMilliseconds(latency.p95)},    {"p99", ToMilliseconds(latency.p99)},
          {"max", ToMilliseconds(latency.maximum)}};
}

Json SpreadJson(const Spread& spread) {
  return {{"min", spread.minimum},
          {"q1", spread.lower_quartile},
          {"median", spread.median},
          {"q3", spread.upper_quartile},
          {"max", spread.maximum}};
}

Json Optional(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json Class(const ClassResult& result) {
  return {{"label", result.label},
          {"photos", result.photos},
          {"no_face", result.no_face},
          {"answered", result.answered},
          {"correct", result.correct},
          {"precision", Optional(result.precision)},
          {"recall", Optional(result.recall)}};
}

void AddServer(const LoadReport& report, Json& json) {
  if (report.queued_mean) json["server_queued_ms"] = ToMilliseconds(*report.queued_mean);
  if (report.compute_mean) json["server_compute_ms"] = ToMilliseconds(*report.compute_mean);
  if (!report.server) return;
  json["server_cpu_seconds"] = ToSeconds(report.server->cpu);
  json["server_resident_bytes"] = report.server->resident_bytes;
  if (report.requests > 0) {
    json["server_cpu_per_request_ms"] =
        ToMilliseconds(report.server->cpu) / static_cast<double>(report.requests);
  }
}

}  // namespace

std::string ToJson(const LoadReport& report) {
  Json errors = Json::object();
  for (const auto& [code, count] : report.errors) errors[std::string(CodeName(code))] = count;
  Json json = {{"clients", report.clients},
               {"requests", report.requests},
               {"succeeded", report.succeeded},
               {"errors", std::move(errors)},
               {"dropped", report.dropped},
               {"throughput_per_second", report.Throughput()},
               {"latency_ms", Latency(report.latency)},
               {"sent_bytes", report.sent_bytes},
               {"received_bytes", report.received_bytes},
               {"wall_seconds", ToSeconds(report.wall)},
               {"client_cpu_seconds", ToSeconds(report.client_cpu)},
               {"stopped", report.stopped}};
  if (report.rate_per_second > 0) json["rate_per_second"] = report.rate_per_second;
  if (report.budget) {
    json["budget_ms"] = ToMilliseconds(*report.budget);
    json["in_time"] = report.in_time;
    json["goodput"] = report.Goodput();
  }
  if (report.hint_error) json["hint_error_median"] = *report.hint_error;
  if (!report.first_error.empty()) json["first_error"] = report.first_error;
  AddServer(report, json);
  return Text(json);
}

std::string ToJson(const Evaluation& evaluation) {
  Json classes = Json::array();
  for (const ClassResult& result : evaluation.classes) classes.push_back(Class(result));
  Json unanswered = Json::array();
  for (const Unanswered& one : evaluation.unanswered) {
    unanswered.push_back({{"photo", one.photo},
                          {"code", std::string(CodeName(one.error.code))},
                          {"error", one.error.message}});
  }
  return Text({{"photos", evaluation.photos},
               {"faces", evaluation.faces},
               {"no_face", evaluation.no_face},
               {"correct", evaluation.correct},
               {"accuracy_found", Optional(evaluation.accuracy_found)},
               {"accuracy_all", Optional(evaluation.accuracy_all)},
               {"classes", std::move(classes)},
               {"confusion", evaluation.confusion},
               {"unanswered", std::move(unanswered)}});
}

std::string ToJson(const Comparison& comparison) {
  return Text({{"pairs", comparison.ratios.size()},
               {"a", comparison.a},
               {"b", comparison.b},
               {"ratios", comparison.ratios},
               {"a_spread", SpreadJson(comparison.a_spread)},
               {"b_spread", SpreadJson(comparison.b_spread)},
               {"ratio_spread", SpreadJson(comparison.ratio_spread)}});
}

}  // namespace perigee::trial
