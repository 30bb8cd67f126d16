#include "runtime/config.h"

#include <gtest/gtest.h>

#include <array>

namespace perigee::runtime {
namespace {

constexpr std::array<ConfigKey, 3> kKeys = {{
    {"http.port", ConfigKey::Type::kInteger, "8000", "Port.", 0, 65535},
    {"http.insecure", ConfigKey::Type::kSwitch, "false", "Clear text.", 0, 0},
    {"models", ConfigKey::Type::kText, "models", "Folder.", 0, 0},
}};

std::string Why(const Result<void>& result) {
  return result.has_value() ? "" : result.error().message;
}

TEST(Config, LaterSourcesWin) {
  Config config(kKeys);
  EXPECT_EQ(config.Integer("http.port"), 8000);
  ASSERT_TRUE(config.ReadText("http:\n  port: 1\nmodels: here\n", "file").has_value());
  EXPECT_EQ(config.Integer("http.port"), 1);
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "PERIGEE_HTTP_PORT") return "2";
    return std::nullopt;
  };
  ASSERT_TRUE(config.ReadEnvironment(environment).has_value());
  EXPECT_EQ(config.Integer("http.port"), 2);
  ASSERT_TRUE(config.Set("http.port", "3", "flag").has_value());
  EXPECT_EQ(config.Integer("http.port"), 3);
  EXPECT_EQ(config.Text("models"), "here");
}

TEST(Config, SuggestsForAnUnknownKey) {
  Config config(kKeys);
  EXPECT_EQ(Why(config.ReadText("http:\n  prt: 1\n", "file a.yaml")),
            "file a.yaml: unknown key http.prt, did you mean http.port?");
}

TEST(Config, RefusesWrongTypesAndRanges) {
  Config config(kKeys);
  for (const char* port : {"70000", "-1", "8000x", "", "1e3"}) {
    EXPECT_FALSE(config.Set("http.port", port, "flag").has_value()) << port;
  }
  EXPECT_FALSE(config.Set("http.insecure", "yes", "flag").has_value());
  EXPECT_EQ(config.Integer("http.port"), 8000);
}

TEST(Config, RefusesWhatIsNoMapOfKeys) {
  Config config(kKeys);
  for (const char* yaml :
       {"- a\n", "http: [1]\n", "http:\n  port:\n    deep: 1\n", "a: b: c\n", "{"}) {
    EXPECT_FALSE(config.ReadText(yaml, "file").has_value()) << yaml;
  }
  EXPECT_TRUE(config.ReadText("", "file").has_value());
}

TEST(Config, NamesFlagsAndVariables) {
  EXPECT_EQ(FlagName(kKeys[0]), "--http-port");
  EXPECT_EQ(EnvironmentName(kKeys[0]), "PERIGEE_HTTP_PORT");
  EXPECT_NE(ConfigMarkdown(kKeys).find("| `http.port` | `--http-port` |"), std::string::npos);
}

}  // namespace
}  // namespace perigee::runtime
