#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "trial/report.h"

namespace perigee::trial {
namespace {

class Table {
 public:
  template <typename... Values>
  Table& Line(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += '\n';
    return *this;
  }
  Table& Line(std::string_view text) {
    text_.append(text.substr(0, text.find_last_not_of(' ') + 1)) += '\n';
    return *this;
  }
  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string Ms(Duration duration) { return fmt::format("{:.3f}", ToMilliseconds(duration)); }

std::string PerRequest(std::uint64_t bytes, std::uint64_t requests) {
  if (requests == 0) return "-";
  return fmt::format("{:.0f}", static_cast<double>(bytes) / static_cast<double>(requests));
}

std::string Percent(const std::optional<double>& part) {
  return part ? fmt::format("{:.1f} %", *part * 100) : "-";
}

void AddErrors(const LoadReport& report, Table& table) {
  for (const auto& [code, count] : report.errors) {
    table.Line("  {:<22}{}", CodeName(code), count);
  }
  if (!report.first_error.empty()) table.Line("  first: {}", report.first_error);
}

void AddServer(const LoadReport& report, Table& table) {
  if (report.queued_mean) table.Line("server queue, ms        {}", Ms(*report.queued_mean));
  if (report.compute_mean) table.Line("server compute, ms      {}", Ms(*report.compute_mean));
  if (!report.server || report.requests == 0) return;
  table.Line("server CPU, ms/request  {:.3f}",
             ToMilliseconds(report.server->cpu) / static_cast<double>(report.requests));
  table.Line("server memory, MiB      {:.1f}",
             static_cast<double>(report.server->resident_bytes) / (1024 * 1024));
}

std::size_t LabelWidth(const Evaluation& evaluation) {
  std::size_t width = 5;
  for (const ClassResult& result : evaluation.classes) width = std::max(width, result.label.size());
  return width;
}

void AddClasses(const Evaluation& evaluation, Table& table) {
  const std::size_t width = LabelWidth(evaluation);
  table.Line("{:<{}}  {:>7}  {:>7}  {:>9}  {:>7}", "label", width, "photos", "no face", "precision",
             "recall");
  for (const ClassResult& result : evaluation.classes) {
    table.Line("{:<{}}  {:>7}  {:>7}  {:>9}  {:>7}", result.label, width, result.photos,
               result.no_face, Percent(result.precision), Percent(result.recall));
  }
}

void AddConfusion(const Evaluation& evaluation, Table& table) {
  const std::size_t width = LabelWidth(evaluation);
  std::string head = fmt::format("{:<{}}", "", width);
  for (const ClassResult& result : evaluation.classes) {
    head += fmt::format("  {:>{}}", result.label, width);
  }
  table.Line("rows: the folder's label; columns: the answer").Line(head);
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    std::string row = fmt::format("{:<{}}", evaluation.classes[i].label, width);
    for (const std::uint64_t count : evaluation.confusion[i]) {
      row += fmt::format("  {:>{}}", count, width);
    }
    table.Line(row);
  }
}

void AddSpread(std::string_view name, const Spread& spread, Table& table) {
  table.Line("{:<12}  median {:.4g}, half of all {:.4g}..{:.4g}, all {:.4g}..{:.4g}", name,
             spread.median, spread.lower_quartile, spread.upper_quartile, spread.minimum,
             spread.maximum);
}

}  // namespace

std::string ToTable(const LoadReport& report) {
  Table table;
  const LatencySummary& latency = report.latency;
  table.Line("clients                 {}", report.clients);
  if (report.rate_per_second > 0) table.Line("asked for, 1/s          {}", report.rate_per_second);
  table.Line("throughput, 1/s         {:.1f}", report.Throughput())
      .Line("requests                {} in {:.2f} s{}", report.requests, ToSeconds(report.wall),
            report.stopped ? " (stopped early)" : "")
      .Line("errors                  {}", report.requests - report.succeeded);
  AddErrors(report, table);
  if (report.rate_per_second > 0) table.Line("dropped                 {}", report.dropped);
  if (report.budget) {
    table.Line("in time                 {} within {} ms, goodput {:.1f} %", report.in_time,
               Ms(*report.budget), report.Goodput() * 100);
  }
  table
      .Line("latency, ms             mean {}, p50 {}, p90 {}, p95 {}, p99 {}, max {}",
            Ms(latency.mean), Ms(latency.p50), Ms(latency.p90), Ms(latency.p95), Ms(latency.p99),
            Ms(latency.maximum))
      .Line("bytes/request           {} sent, {} received",
            PerRequest(report.sent_bytes, report.succeeded),
            PerRequest(report.received_bytes, report.succeeded))
      .Line("client CPU, s           {:.2f}", ToSeconds(report.client_cpu));
  AddServer(report, table);
  if (report.hint_error) {
    table.Line("hint error, median      {:.1f} %", *report.hint_error * 100);
  }
  return std::move(table).Take();
}

std::string ToTable(const Evaluation& evaluation) {
  Table table;
  table.Line("photographs             {}", evaluation.photos)
      .Line("  with a face           {}", evaluation.faces)
      .Line("  without a face        {}", evaluation.no_face)
      .Line("  not answered          {}", evaluation.unanswered.size())
      .Line("accuracy, faces found   {}", Percent(evaluation.accuracy_found))
      .Line("accuracy, all answered  {}", Percent(evaluation.accuracy_all))
      .Line("");
  AddClasses(evaluation, table);
  table.Line("");
  AddConfusion(evaluation, table);
  if (!evaluation.unanswered.empty()) table.Line("").Line("not answered:");
  for (const Unanswered& one : evaluation.unanswered) {
    table.Line("  {}: {}", one.photo, one.error.message);
  }
  return std::move(table).Take();
}

std::string ToTable(const Comparison& comparison, std::string_view a, std::string_view b,
                    std::string_view unit) {
  Table table;
  table.Line("{} pairs, measured in turn, {}", comparison.ratios.size(), unit);
  AddSpread(a, comparison.a_spread, table);
  AddSpread(b, comparison.b_spread, table);
  AddSpread("ratio", comparison.ratio_spread, table);
  return std::move(table).Take();
}

}  // namespace perigee::trial
