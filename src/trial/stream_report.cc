// What streams came to, as JSON for programs and as a table for people.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "trial/stream_load.h"

namespace perigee::trial {
namespace {

using Outcome = task::FrameAnswer::Outcome;

constexpr std::array<Outcome, StreamReport::kOutcomes> kAll = {
    Outcome::kAnswered, Outcome::kTracked, Outcome::kUnchanged, Outcome::kSkipped,
    Outcome::kFailed};

double Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double PerFrame(Duration cpu, const StreamReport& report) {
  return report.due == 0 ? 0 : ToMilliseconds(cpu) / static_cast<double>(report.due);
}

}  // namespace

std::string ToJson(const StreamReport& report) {
  nlohmann::ordered_json json = {{"streams", report.streams}, {"frames", report.due}};
  for (const Outcome outcome : kAll) {
    json[std::string(task::OutcomeName(outcome))] =
        report.outcomes.at(static_cast<std::size_t>(outcome));
  }
  json["unsent"] = report.unsent;
  json["unanswered"] = report.unanswered;
  json["in_time"] = report.in_time;
  json["in_time_share"] = Share(report.in_time, report.due);
  json["latency"] = {{"mean_ms", ToMilliseconds(report.latency.Mean())},
                     {"p50_ms", ToMilliseconds(report.latency.Percentile(50))},
                     {"p90_ms", ToMilliseconds(report.latency.Percentile(90))},
                     {"p99_ms", ToMilliseconds(report.latency.Percentile(99))},
                     {"max_ms", ToMilliseconds(report.latency.Maximum())}};
  if (report.own_cpu) json["own_cpu_per_frame_ms"] = PerFrame(*report.own_cpu, report);
  if (report.node_cpu) json["node_cpu_per_frame_ms"] = PerFrame(*report.node_cpu, report);
  if (!report.failures.empty()) json["failures"] = report.failures;
  if (!report.broken.empty()) json["broken"] = report.broken;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ToTable(const StreamReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "streams                 {}\nframes                  {}\n", report.streams,
                 report.due);
  for (const Outcome outcome : kAll) {
    fmt::format_to(out, "  {:<22}{}\n", task::OutcomeName(outcome),
                   report.outcomes.at(static_cast<std::size_t>(outcome)));
  }
  fmt::format_to(out, "  {:<22}{}\n  {:<22}{}\n", "lost at the camera", report.unsent,
                 "without an answer", report.unanswered);
  fmt::format_to(out, "answered in time        {:.2f} %\n",
                 100 * Share(report.in_time, report.due));
  fmt::format_to(
      out, "latency, ms             p50 {:.1f}  p90 {:.1f}  p99 {:.1f}  max {:.1f}\n",
      ToMilliseconds(report.latency.Percentile(50)), ToMilliseconds(report.latency.Percentile(90)),
      ToMilliseconds(report.latency.Percentile(99)), ToMilliseconds(report.latency.Maximum()));
  if (report.own_cpu) {
    fmt::format_to(out, "own CPU, ms/frame       {:.3f}\n", PerFrame(*report.own_cpu, report));
  }
  if (report.node_cpu) {
    fmt::format_to(out, "node CPU, ms/frame      {:.3f}\n", PerFrame(*report.node_cpu, report));
  }
  for (const auto& [sentence, count] : report.failures) {
    fmt::format_to(out, "  {} x {}\n", count, sentence);
  }
  if (!report.broken.empty()) fmt::format_to(out, "a stream ended early: {}\n", report.broken);
  return text;
}

}  // namespace perigee::trial
