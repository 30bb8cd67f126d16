// perigee serve: a node until SIGINT or SIGTERM, then a drain.
#include <fmt/format.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/perigee/commands.h"
#include "apps/perigee/edge_node.h"
#include "apps/perigee/exit_code.h"
#include "apps/perigee/serve_config.h"
#include "runtime/config.h"

namespace perigee::app {
namespace {

struct ServeFlags {
  std::string config_file;
  std::map<std::string, std::string> values;  // by key; only those given
};

Result<runtime::Config> ReadConfig(const ServeFlags& flags) {
  runtime::Config config(ServeKeys());
  if (!flags.config_file.empty()) TRY(config.ReadFile(flags.config_file));
  TRY(config.ReadEnvironment([](const std::string& name) -> std::optional<std::string> {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet, and none sets variables.
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  }));
  for (const auto& [key, value] : flags.values) TRY(config.Set(key, value, "flag"));
  return config;
}

// SIGINT and SIGTERM are taken by sigwait in the main thread alone; every thread started after this
// inherits the mask.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void PrintReady(const EdgeNode& node, Duration startup) {
  fmt::print("perigee: ready http={}", node.http_url());
  if (!node.grpc_address().empty()) fmt::print(" grpc={}", node.grpc_address());
  fmt::print(" after_ms={:.0f}\n", ToMilliseconds(startup));
  (void)std::fflush(stdout);
}

Result<void> Serve(const ServeFlags& flags) {
  const TimePoint started = std::chrono::steady_clock::now();
  const runtime::Config config = TRY(ReadConfig(flags));
  const std::optional<runtime::LogLevel> level = runtime::ParseLogLevel(config.Text("log.level"));
  if (!level) return Fail(InvalidArgument("log.level: must be debug, info, warn or error"));
  const runtime::Log log(*level, [](std::string_view line) { fmt::print(stderr, "{}\n", line); });
  const sigset_t signals = BlockStopSignals();
  const std::unique_ptr<EdgeNode> node = TRY(EdgeNode::Start(config, log));
  PrintReady(*node, std::chrono::steady_clock::now() - started);
  int signal = 0;
  sigwait(&signals, &signal);
  log.Info("draining", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  node->Drain(std::chrono::milliseconds(config.Integer("drain_ms")));
  log.Info("stopped");
  return {};
}

}  // namespace

void AddServe(CLI::App& program, int& exit_code) {
  CLI::App* command = program.add_subcommand("serve", "Serve models and tasks on the network");
  const auto flags = std::make_shared<ServeFlags>();
  command->add_option("-c,--config", flags->config_file, "YAML file with the keys below")
      ->type_name("FILE");
  for (const runtime::ConfigKey& key : ServeKeys()) {
    const std::string fallback = key.fallback.empty() ? "none" : std::string(key.fallback);
    command
        ->add_option_function<std::string>(
            runtime::FlagName(key),
            [flags, name = std::string(key.name)](const std::string& value) {
              flags->values[name] = value;
            },
            fmt::format("{} [{}; key {}]", key.summary, fallback, key.name))
        ->type_name("");
  }
  command->footer(
      "The file comes first, then variables (PERIGEE_HTTP_PORT), then flags; the later wins.");
  command->callback([flags, &exit_code] {
    const Result<void> served = Serve(*flags);
    exit_code = served ? kOk : Report(served.error());
  });
}

void AddConfiguration(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("configuration", "Print every setting of serve, as Markdown");
  command->callback([&exit_code] {
    fmt::print("{}", runtime::ConfigMarkdown(ServeKeys()));
    exit_code = kOk;
  });
}

}  // namespace perigee::app
