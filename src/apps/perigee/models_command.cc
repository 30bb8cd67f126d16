// perigee models: what a folder of models holds, from its cards.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/perigee/commands.h"
#include "apps/perigee/exit_code.h"
#include "serving/repository.h"

namespace perigee::app {
namespace {

nlohmann::ordered_json ToJson(const serving::RepositoryEntry& entry) {
  nlohmann::ordered_json json = {
      {"name", entry.name}, {"version", entry.version}, {"file", entry.file.string()}};
  if (!entry.card) return json;
  json["task"] = entry.card->task;
  json["summary"] = entry.card->summary;
  json["licence"] = entry.card->licence;
  json["intended_use"] = entry.card->intended_use;
  json["limits"] = entry.card->limits;
  json["accuracy"] = entry.card->accuracy;
  return json;
}

void Print(const serving::RepositoryEntry& entry) {
  fmt::print("{} {}  {}\n", entry.name, entry.version, entry.file.string());
  if (!entry.card) {
    fmt::print("  no card.toml: served by the signature in the file\n");
    return;
  }
  fmt::print("  {}\n  Licence:  {}\n  Use:      {}\n  Limits:   {}\n  Accuracy: {}\n",
             entry.card->summary, entry.card->licence, entry.card->intended_use, entry.card->limits,
             entry.card->accuracy);
}

ExitCode List(const std::string& folder, bool as_json) {
  const auto entries = serving::ScanRepository(folder);
  if (!entries) return Report(entries.error());
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const serving::RepositoryEntry& entry : *entries) {
    if (as_json) {
      all.push_back(ToJson(entry));
    } else {
      Print(entry);
    }
  }
  if (as_json) fmt::print("{}\n", all.dump(2));
  return kOk;
}

}  // namespace

void AddModels(CLI::App& program, int& exit_code) {
  CLI::App* command =
      program.add_subcommand("models", "List the models of a folder and their cards");
  const auto folder = std::make_shared<std::string>("models");
  const auto as_json = std::make_shared<bool>(false);
  command->add_option("--models", *folder, "Folder of models")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_flag("--json", *as_json, "Print a JSON array");
  command->callback([folder, as_json, &exit_code] { exit_code = List(*folder, *as_json); });
}

}  // namespace perigee::app
