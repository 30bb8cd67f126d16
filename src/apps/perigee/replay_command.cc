// perigee replay: what a model's scheduler was told, told to it again in virtual time. Does it
// decide the same, how fast, and what became of the requests? Can make the trace itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "apps/perigee/commands.h"
#include "apps/perigee/exit_code.h"
#include "apps/perigee/read_file.h"
#include "base/clock.h"
#include "trial/generate.h"
#include "trial/replay.h"
#include "trial/trace.h"

namespace perigee::app {
namespace {

struct ReplayFlags {
  std::string file;
  std::string generate;
  std::string out;
  bool json = false;
};

struct Shown {
  trial::Replayed replayed;
  trial::Outcome outcome;
  double events_per_second = 0;
  bool same_every_time = true;
};

Result<std::string> TraceText(const ReplayFlags& flags) {
  if (flags.file.empty() == flags.generate.empty()) {
    return Fail(InvalidArgument("replay: name a trace, or --generate one"));
  }
  if (!flags.generate.empty()) return trial::GenerateTrace(flags.generate);
  const std::vector<std::byte> bytes = TRY(ReadFile(flags.file));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<void> Keep(const std::string& text, const std::string& path) {
  if (path.empty()) return {};
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file.fail()) return Fail(Unavailable("write trace: " + path + " cannot be written"));
  return {};
}

// Three times: the same decisions each time, and the time of the median.
Result<Shown> Play(const trial::Trace& trace) {
  const SteadyClock clock;
  Shown shown;
  shown.replayed = TRY(trial::Replay(trace));
  std::array<double, 3> seconds{};
  for (double& one : seconds) {
    const TimePoint started = clock.Now();
    const trial::Replayed again = TRY(trial::Replay(trace));
    one = ToSeconds(clock.Now() - started);
    shown.same_every_time = shown.same_every_time && again.hash == shown.replayed.hash;
  }
  std::ranges::sort(seconds);
  shown.events_per_second = static_cast<double>(shown.replayed.events) / std::max(1e-9, seconds[1]);
  shown.outcome = TRY(trial::Follow(trace));
  return shown;
}

std::string ToJson(const Shown& shown) {
  const nlohmann::ordered_json json = {
      {"events", shown.replayed.events},
      {"events_per_second", shown.events_per_second},
      {"decisions", shown.replayed.decisions},
      {"runs", shown.replayed.runs},
      {"hash", fmt::format("{:016x}", shown.replayed.hash)},
      {"same_every_time", shown.same_every_time},
      {"as_recorded", shown.replayed.differs_at == shown.replayed.events},
      {"arrived", shown.outcome.arrived},
      {"in_time", shown.outcome.in_time},
      {"late", shown.outcome.late},
      {"dropped", shown.outcome.dropped},
      {"refused", shown.outcome.refused},
      {"removed", shown.outcome.removed},
      {"unended", shown.outcome.unended},
      {"goodput", shown.outcome.goodput()}};
  return json.dump(2) + "\n";
}

std::string ToTable(const Shown& shown) {
  const trial::Replayed& replayed = shown.replayed;
  const trial::Outcome& outcome = shown.outcome;
  std::string text = fmt::format(
      "events     {} ({:.0f}/s)\ndecisions  {}, of them {} runs\nhash       {:016x}\n",
      replayed.events, shown.events_per_second, replayed.decisions, replayed.runs, replayed.hash);
  text += replayed.differs_at == replayed.events
              ? "decisions are the recorded ones\n"
              : fmt::format("decisions differ from the recorded ones from event {} on\n",
                            replayed.differs_at + 1);
  return text + fmt::format(
                    "requests   {}: {} in time, {} late, {} dropped, {} refused, {} removed, {} "
                    "unended\ngoodput    {:.3f}\n",
                    outcome.arrived, outcome.in_time, outcome.late, outcome.dropped,
                    outcome.refused, outcome.removed, outcome.unended, outcome.goodput());
}

Result<Shown> ReplayOne(const ReplayFlags& flags) {
  const std::string text = TRY(TraceText(flags));
  TRY(Keep(text, flags.out));
  const trial::Trace trace = TRY(trial::ParseTrace(text));
  return Play(trace);
}

ExitCode RunReplay(const ReplayFlags& flags) {
  const Result<Shown> shown = ReplayOne(flags);
  if (!shown) return Report(shown.error());
  fmt::print("{}", flags.json ? ToJson(*shown) : ToTable(*shown));
  const bool same = shown->same_every_time && shown->replayed.differs_at == shown->replayed.events;
  return same ? kOk : kSomeFailed;
}

}  // namespace

void AddReplay(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("replay", "Tell a recorded trace to the scheduler again");
  const auto flags = std::make_shared<ReplayFlags>();
  command->add_option("trace", flags->file, "File that a node recorded");
  auto* generate = command->add_option(
      "--generate", flags->generate,
      "Make the trace instead: load=1.2,seed=1,events=1000000,tenants=1, any of them");
  command->add_option("--out", flags->out, "File to write the trace to that was made")
      ->needs(generate);
  command->add_flag("--json", flags->json, "Print JSON instead of text");
  command->callback([flags, &exit_code] { exit_code = RunReplay(*flags); });
}

}  // namespace perigee::app
