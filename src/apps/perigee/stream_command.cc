// perigee stream: plays pictures to a node as live cameras would, and what that was like for them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/http_client/stream_client.h"
#include "apps/perigee/commands.h"
#include "apps/perigee/exit_code.h"
#include "apps/perigee/read_file.h"
#include "trial/process_usage.h"
#include "trial/stream_load.h"

namespace perigee::app {
namespace {

constexpr std::size_t kPicturesMax = 10'000;  // of a folder; all are kept in memory

struct StreamFlags {
  std::string pictures;
  std::string node = "http://127.0.0.1:8000";
  std::string ca_file;
  std::string task = "emotion";
  std::vector<std::string> options;
  double fps = 15;
  int streams = 1;
  double duration_s = 10;
  double in_time_ms = 100;
  double budget_ms = 0;  // 0: the node's own
  int server_pid = 0;
  bool json = false;
};

bool IsPicture(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png" || extension == ".webp";
}

Result<std::vector<std::vector<std::byte>>> ReadPictures(const std::string& path) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    files.emplace_back(path);
  } else {
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (IsPicture(entry.path()) && files.size() < kPicturesMax) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::vector<std::vector<std::byte>> pictures;
  for (const std::filesystem::path& file : files) {
    std::vector<std::byte> bytes = TRY(ReadFile(file));
    pictures.push_back(std::move(bytes));
  }
  if (!pictures.empty()) return pictures;
  return Fail(InvalidArgument("stream " + path + ": no pictures in there"));
}

Result<task::Options> ReadOptions(const std::vector<std::string>& words) {
  task::Options options;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Fail(InvalidArgument("option " + word + ": write NAME=VALUE"));
    }
    options[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return options;
}

class NodeLink final : public trial::FrameLink {
 public:
  NodeLink(std::unique_ptr<http_client::StreamClient> client, std::optional<Duration> budget)
      : client_(std::move(client)), budget_(budget) {}

  Result<bool> Send(std::uint64_t id, std::span<const std::byte> picture) override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    return client_->Send({.id = id, .timestamp_us = us, .budget = budget_, .picture_at = 0},
                         picture);
  }
  Result<std::optional<task::FrameAnswer>> Receive(TimePoint until) override {
    return client_->Receive(until);
  }

 private:
  const std::unique_ptr<http_client::StreamClient> client_;
  const std::optional<Duration> budget_;
};

Result<std::vector<std::unique_ptr<trial::FrameLink>>> Connect(const StreamFlags& flags) {
  const task::Options options = TRY(ReadOptions(flags.options));
  std::optional<Duration> budget;
  if (flags.budget_ms > 0) budget = Duration(static_cast<Duration::rep>(flags.budget_ms * 1e6));
  std::vector<std::unique_ptr<trial::FrameLink>> links;
  for (int i = 0; i < flags.streams; ++i) {
    auto client = TRY(http_client::StreamClient::Open(flags.node, flags.task, options,
                                                      {.ca_file = flags.ca_file}, {}));
    links.push_back(std::make_unique<NodeLink>(std::move(client), budget));
  }
  return links;
}

// Empty without --server-pid.
Result<std::optional<Duration>> NodeCpu(const StreamFlags& flags) {
  if (flags.server_pid == 0) return std::nullopt;
  const trial::ProcessUsage usage = TRY(trial::ReadProcessUsage(flags.server_pid));
  return usage.cpu;
}

Result<trial::StreamReport> Stream(const StreamFlags& flags) {
  const std::vector<std::vector<std::byte>> pictures = TRY(ReadPictures(flags.pictures));
  auto links = TRY(Connect(flags));
  trial::SteadyTimeline timeline;
  trial::StreamLoadOptions options;
  options.fps = flags.fps;
  options.duration = Duration(static_cast<Duration::rep>(flags.duration_s * 1e9));
  options.in_time = Duration(static_cast<Duration::rep>(flags.in_time_ms * 1e6));
  const std::optional<Duration> node_before = TRY(NodeCpu(flags));
  const Duration own_before = trial::OwnCpuTime();
  trial::StreamReport report = trial::RunStreams(std::move(links), pictures, options, timeline);
  report.own_cpu = trial::OwnCpuTime() - own_before;
  const std::optional<Duration> node_after = TRY(NodeCpu(flags));
  if (node_before && node_after) report.node_cpu = *node_after - *node_before;
  fmt::print("{}", flags.json ? trial::ToJson(report) + "\n" : trial::ToTable(report));
  return report;
}

ExitCode RunStream(const StreamFlags& flags) {
  const Result<trial::StreamReport> report = Stream(flags);
  if (!report) return Report(report.error());
  const std::uint64_t failed =
      report->outcomes.at(static_cast<std::size_t>(task::FrameAnswer::Outcome::kFailed));
  return failed == 0 && report->unanswered == 0 && report->broken.empty() ? kOk : kSomeFailed;
}

}  // namespace

void AddStream(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("stream", "Play pictures to a node as live cameras would");
  const auto flags = std::make_shared<StreamFlags>();
  command->add_option("pictures", flags->pictures, "A picture, or a folder of pictures in order")
      ->required();
  command->add_option("--node", flags->node, "The node, http://HOST:PORT")->capture_default_str();
  command->add_option("--ca", flags->ca_file,
                      "PEM file of the authority that signed the node's certificate");
  command->add_option("--task", flags->task, "The task")->capture_default_str();
  command->add_option("--option", flags->options, "NAME=VALUE, as often as wanted");
  command->add_option("--fps", flags->fps, "Frames a second of each stream")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 1000.0));
  command->add_option("--streams", flags->streams, "Streams at once")
      ->capture_default_str()
      ->check(CLI::Range(1, trial::kStreamsMax));
  command->add_option("--duration", flags->duration_s, "Seconds")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 86'400.0));
  command->add_option("--in-time-ms", flags->in_time_ms, "An answer that took longer is late")
      ->capture_default_str();
  command->add_option("--budget-ms", flags->budget_ms, "Tell the node by when an answer is of use")
      ->check(CLI::Range(0.0, 86'400'000.0));
  command->add_option("--server-pid", flags->server_pid,
                      "Report the processor time of this process");
  command->add_flag("--json", flags->json, "Print JSON instead of a table");
  command->callback([flags, &exit_code] { exit_code = RunStream(*flags); });
}

}  // namespace perigee::app
