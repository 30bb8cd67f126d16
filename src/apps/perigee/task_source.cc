#include "apps/perigee/task_source.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>
#include <utility>

#include "adapters/http_client/task_client.h"

namespace perigee::app {
namespace {

void AddOption(CLI::App& command, TaskFlags& flags, const std::string& name,
               const std::string& help) {
  std::string flag = "--" + name;
  std::ranges::replace(flag, '_', '-');
  command
      .add_option_function<std::string>(
          flag, [&flags, name](const std::string& value) { flags.options[name] = value; }, help)
      ->type_name("NUMBER");
}

}  // namespace

void AddTaskFlags(CLI::App& command, TaskFlags& flags) {
  CLI::Option* node =
      command.add_option("--node", flags.node, "Ask this node, http://HOST:PORT")->type_name("URL");
  command.add_flag("--local", flags.local, "Use the models of this machine (the default)")
      ->excludes(node);
  command
      .add_option("--ca", flags.ca_file,
                  "PEM file of the authority that signed the node's certificate")
      ->type_name("FILE");
  command.add_option("--models", flags.models, "Folder of models, without --node")
      ->capture_default_str()
      ->type_name("DIR");
  command.add_option("--timeout-ms", flags.timeout_ms, "Budget of each photograph")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600000));
  AddOption(command, flags, "min_score", "Leave out faces with a lower score, 0..1");
  AddOption(command, flags, "faces_max", "Faces at most, best first");
  AddOption(command, flags, "detector_size",
            "Side of the square that the detector sees, px: smaller is faster");
}

Result<TaskSource> TaskSource::Open(const std::string& task, const TaskFlags& flags) {
  TaskSource source;
  if (!flags.node.empty()) {
    net::HttpClientOptions options;
    options.ca_file = flags.ca_file;
    source.task_ = TRY(http_client::TaskClient::Open(flags.node, task, options));
    return source;
  }
  EngineOptions options;
  options.models = flags.models;
  options.serving.instances = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const runtime::Log quiet(runtime::LogLevel::kError, [](std::string_view) {});
  source.clock_ = std::make_unique<SteadyClock>();
  source.engines_ = TRY(Engines::Load(options, quiet, *source.clock_));
  if (task != "emotion") return Fail(NotFound("find task " + task + ": the one task is emotion"));
  Result<task::Seat> seat = source.engines_->tasks().Find(task);
  if (!seat) {
    return Fail(NotFound("open task emotion: " + flags.models +
                         " has no models face_detector and emotion with their cards"));
  }
  source.task_ = std::move(seat->task);
  return source;
}

}  // namespace perigee::app
