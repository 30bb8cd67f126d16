// perigee run: photographs through a task, here or at a node.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/http_client/task_client.h"
#include "apps/perigee/annotate.h"
#include "apps/perigee/commands.h"
#include "apps/perigee/exit_code.h"
#include "apps/perigee/read_file.h"
#include "apps/perigee/task_source.h"
#include "wire/task_api.h"

namespace perigee::app {
namespace {

struct RunFlags {
  std::string task;
  std::vector<std::string> photos;
  TaskFlags where;
  bool json = false;
  std::string annotate;
};

struct PhotoRun {
  std::string photo;
  std::size_t bytes = 0;
  Duration round_trip{};
  std::string annotated;
  task::Answer answer;
};

Result<PhotoRun> RunPhoto(task::Task& task, const std::string& photo, const RunFlags& flags) {
  const std::vector<std::byte> bytes = TRY(ReadFile(photo));
  const TimePoint started = std::chrono::steady_clock::now();
  task::Context context;
  context.deadline = DeadlineAfter(started, std::chrono::milliseconds(flags.where.timeout_ms));
  PhotoRun run;
  run.answer = TRY(task.Run({bytes, "", flags.where.options}, context));
  run.round_trip = std::chrono::steady_clock::now() - started;
  run.photo = photo;
  run.bytes = bytes.size();
  if (!flags.annotate.empty()) {
    const std::filesystem::path folder = flags.annotate;
    run.annotated = (folder / std::filesystem::path(photo).stem()).string() + ".annotated.jpg";
    TRY(WriteAnnotated(bytes, run.answer, run.annotated));
  }
  return run;
}

nlohmann::ordered_json ToJson(const PhotoRun& run, const RunFlags& flags) {
  const std::string node = flags.where.node.empty() ? "local" : flags.where.node;
  nlohmann::ordered_json json = {{"photo", run.photo},
                                 {"bytes_sent", run.bytes},
                                 {"round_trip_ms", ToMilliseconds(run.round_trip)}};
  if (!run.annotated.empty()) json["annotated"] = run.annotated;
  json["answer"] = nlohmann::ordered_json::parse(wire::WriteAnswer({flags.task, node, run.answer}));
  return json;
}

void PrintTable(const PhotoRun& run) {
  fmt::print("{}: {} x {} px, {} face{}, {:.1f} ms\n", run.photo, run.answer.image_width,
             run.answer.image_height, run.answer.faces.size(),
             run.answer.faces.size() == 1 ? "" : "s", ToMilliseconds(run.round_trip));
  for (const task::Face& face : run.answer.faces) {
    float top = 0;
    for (const task::Labelled& label : face.probabilities) top = std::max(top, label.probability);
    fmt::print("  {:<10} {:>4.0f} %   score {:.2f}, {:.0f} x {:.0f} px at ({:.0f}, {:.0f})\n",
               face.emotion, top * 100, face.score, face.box.width, face.box.height, face.box.x,
               face.box.y);
  }
}

ExitCode RunPhotos(const RunFlags& flags) {
  const Result<TaskSource> source = TaskSource::Open(flags.task, flags.where);
  if (!source) return Report(source.error());
  std::error_code error;
  if (!flags.annotate.empty()) std::filesystem::create_directories(flags.annotate, error);
  if (error) return Report(Unavailable("create " + flags.annotate + ": " + error.message()));
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  ExitCode exit_code = kOk;
  for (const std::string& photo : flags.photos) {
    const Result<PhotoRun> run = RunPhoto(source->task(), photo, flags);
    if (!run) {
      (void)Report(Error(run.error()).Within(photo));
      exit_code = kSomeFailed;
    } else if (flags.json) {
      all.push_back(ToJson(*run, flags));
    } else {
      PrintTable(*run);
    }
  }
  if (flags.json) fmt::print("{}\n", all.dump(2));
  return exit_code;
}

}  // namespace

void AddRun(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand("run", "Run a task on photographs, here or at a node");
  const auto flags = std::make_shared<RunFlags>();
  command->add_option("task", flags->task, "The task: emotion")->required();
  command->add_option("photo", flags->photos, "JPEG, PNG or WebP files")->required();
  AddTaskFlags(*command, flags->where);
  command->add_flag("--json", flags->json, "Print a JSON array instead of a table");
  command
      ->add_option("--annotate", flags->annotate,
                   "Write each photograph with its faces into this folder")
      ->type_name("DIR");
  command->callback([flags, &exit_code] { exit_code = RunPhotos(*flags); });
}

}  // namespace perigee::app
