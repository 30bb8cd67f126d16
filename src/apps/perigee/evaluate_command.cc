// perigee evaluate: how often a task is right, over a user's own labelled photographs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "apps/perigee/commands.h"
#include "apps/perigee/exit_code.h"
#include "apps/perigee/task_source.h"
#include "trial/evaluate.h"
#include "trial/report.h"

namespace perigee::app {
namespace {

struct EvaluateFlags {
  std::string folder;
  TaskFlags where;
  int threads = 2;
  bool json = false;
};

ExitCode RunEvaluation(const EvaluateFlags& flags) {
  const Result<TaskSource> source = TaskSource::Open("emotion", flags.where);
  if (!source) return Report(source.error());
  trial::EvaluateOptions options;
  options.folder = flags.folder;
  options.labels = source->task().description().labels;
  options.threads = flags.threads;
  options.options = flags.where.options;
  options.timeout = std::chrono::milliseconds(flags.where.timeout_ms);
  const SteadyClock clock;
  const Result<trial::Evaluation> evaluation =
      trial::Evaluate(source->task(), options, clock, std::stop_token());
  if (!evaluation) return Report(evaluation.error());
  fmt::print("{}", flags.json ? trial::ToJson(*evaluation) + "\n" : trial::ToTable(*evaluation));
  return evaluation->unanswered.empty() ? kOk : kSomeFailed;
}

}  // namespace

void AddEvaluate(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand(
      "evaluate", "Measure accuracy on your own photographs, DIR/<label>/*.jpg");
  const auto flags = std::make_shared<EvaluateFlags>();
  command->add_option("dir", flags->folder, "Folder with one folder of photographs a label")
      ->required();
  AddTaskFlags(*command, flags->where);
  command->add_option("--threads", flags->threads, "Photographs in flight")
      ->capture_default_str()
      ->check(CLI::Range(1, trial::kEvaluateThreadsMax));
  command->add_flag("--json", flags->json, "Print JSON instead of tables");
  command->callback([flags, &exit_code] { exit_code = RunEvaluation(*flags); });
}

}  // namespace perigee::app
