#include "task/session.h"

#include "task/task.h"

namespace perigee::task {

std::string_view OutcomeName(FrameAnswer::Outcome outcome) {
  switch (outcome) {
    case FrameAnswer::Outcome::kAnswered:
      return "answered";
    case FrameAnswer::Outcome::kTracked:
      return "tracked";
    case FrameAnswer::Outcome::kUnchanged:
      return "unchanged";
    case FrameAnswer::Outcome::kSkipped:
      return "skipped";
    case FrameAnswer::Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): those that take streams keep it.
Result<std::unique_ptr<Session>> Task::OpenSession(const Options&, const Context&, Session::Sink) {
  return Fail(Unimplemented("open stream: task " + description().name + " takes no streams"));
}

}  // namespace perigee::task
