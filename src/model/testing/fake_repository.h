// A Repository for the tests of what stands above it: it remembers what it was asked and answers as
// told. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/repository.h"

namespace perigee::model {

class FakeRepository : public Repository {
 public:
  Result<void> Load(std::string_view name, const task::Context&) override {
    return Asked("load " + std::string(name));
  }
  Result<void> Unload(std::string_view name, const task::Context&) override {
    return Asked("unload " + std::string(name));
  }
  std::vector<ModelStatus> Index() const override { return index; }
  Result<void> StartCanary(std::string_view name, const CanaryPlan& plan,
                           const task::Context&) override {
    return Asked("canary " + std::string(name) + " " + plan.version);
  }
  Result<void> StopCanary(std::string_view name, const task::Context&) override {
    return Asked("stop canary " + std::string(name));
  }

  std::vector<ModelStatus> index;
  Result<void> answer;
  std::vector<std::string> asked;

 private:
  Result<void> Asked(std::string what) {
    asked.push_back(std::move(what));
    return answer;
  }
};

}  // namespace perigee::model
