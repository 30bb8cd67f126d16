#include "model/repository.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace perigee::model {

std::string_view StateName(ModelState state) {
  switch (state) {
    case ModelState::kReady:
      return "READY";
    case ModelState::kLoading:
      return "LOADING";
    case ModelState::kUnloading:
      return "UNLOADING";
    case ModelState::kUnavailable:
      break;
  }
  return "UNAVAILABLE";
}

std::string_view StateName(CanaryStatus::State state) {
  switch (state) {
    case CanaryStatus::State::kWatching:
      return "watching";
    case CanaryStatus::State::kPromoted:
      return "promoted";
    case CanaryStatus::State::kRolledBack:
      return "rolled_back";
    case CanaryStatus::State::kStopped:
      break;
  }
  return "stopped";
}

void PostChange(const RepositoryAccess& access, std::string_view attempt,
                const task::Context& context, Change change, Changed done) {
  if (access.repository == nullptr || !access.manage) {
    return done(
        Fail(PermissionDenied(std::string(attempt) +
                              ": nobody may change models through this listener; the operator "
                              "can allow it with `management: true`")));
  }
  access.post(context.deadline,
              [repository = access.repository, context, change = std::move(change),
               done = std::move(done)](Result<void> admitted) mutable {
                done(admitted ? change(*repository, context) : std::move(admitted));
              });
}

std::vector<IndexLine> FullIndex(const ModelSet& models, const Repository* repository) {
  std::vector<IndexLine> lines;
  if (repository != nullptr) {
    for (ModelStatus& status : repository->Index()) {
      for (VersionStatus& version : status.versions) {
        lines.push_back({status.name, std::move(version)});
      }
    }
  }
  const auto known = [&lines](const Description& description) {
    return std::ranges::any_of(lines, [&](const IndexLine& line) {
      return line.name == description.name && line.version.version == description.version;
    });
  };
  std::vector<IndexLine> others;
  for (const SharedModel& model : models.All()) {
    const Description& description = model->description();
    if (known(description)) continue;
    others.push_back({description.name, {description.version, ModelState::kReady, ""}});
  }
  std::ranges::move(others, std::back_inserter(lines));
  std::ranges::stable_sort(lines, {}, &IndexLine::name);
  return lines;
}

}  // namespace perigee::model
