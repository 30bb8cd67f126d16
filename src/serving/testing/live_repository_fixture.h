// A live repository over a folder of a test's own, with models that answer what they are asked.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serving/live_repository.h"
#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"
#include "serving/testing/temporary_folder.h"

namespace perigee::serving {

inline constexpr std::string_view kLatest = "[serving]\nversions = \"latest 1\"\n";

// A repository over a folder of the test's own. Files named
// broken.onnx are no models.
class LiveRepositoryTest : public testing::Test {
 protected:
  using Control = LiveRepositoryOptions::Control;

  void Open(Control control = Control::kExplicit) { Open(control, *backend_); }
  void Open(Control control, Backend& backend) {
    LiveRepositoryOptions options;
    options.folder = folder_.path() / "models";
    options.control = control;
    options.poll_every = std::chrono::hours(1);
    options.changed = [this](const std::string& name) -> Result<void> {
      changed_ += name;
      return {};
    };
    repository_ = std::make_unique<LiveRepository>(std::move(options), backend, models_,
                                                   retirement_, log_, kClock);
    started_ = repository_->Start();
  }
  void Version(const std::string& path, std::string_view bytes = "m") {
    folder_.Write("models/" + path + "/model.onnx", bytes);
  }
  void Card(const std::string& name, std::string_view tables) {
    folder_.Write("models/" + name + "/card.toml", IdentityCard(name, tables));
  }
  // "1:READY 2:UNAVAILABLE"
  std::string Index(const std::string& name) const {
    std::string text;
    for (const model::ModelStatus& status : repository_->Index()) {
      if (status.name != name) continue;
      for (const model::VersionStatus& version : status.versions) {
        text += (text.empty() ? "" : " ") + version.version + ":" +
                std::string(StateName(version.state));
      }
    }
    return text;
  }
  // Why the newest version, or the model, is not well.
  std::string Reason(const std::string& name) const {
    for (const model::ModelStatus& status : repository_->Index()) {
      if (status.name == name) return status.versions.back().reason;
    }
    return "not listed";
  }
  // As polling does.
  void Look(int times) {
    for (int look = 0; look < times; ++look) ASSERT_TRUE(repository_->Rescan({}).has_value());
  }
  std::string Answering(const std::string& name) const {
    const auto model = models_.Find(name, "");
    return model ? (*model)->description().version : "none";
  }

  const TemporaryFolder folder_;
  std::unique_ptr<FakeBackend> backend_ = IdentityBackend();
  std::vector<std::string> warnings_;
  runtime::Log log_{runtime::LogLevel::kWarn,
                    [this](std::string_view line) { warnings_.emplace_back(line); }};
  std::atomic<int> ended_ = 0;
  Retirement retirement_{[this] { ++ended_; }};
  model::ModelSet models_;
  std::string changed_;
  Result<void> started_;
  std::unique_ptr<LiveRepository> repository_;
};

}  // namespace perigee::serving
