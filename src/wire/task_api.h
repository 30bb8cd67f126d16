// The task API (POST /v1/tasks/{task}): answers as JSON and back, and the list of tasks.
// api/openapi.yaml is the contract. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "task/answer.h"
#include "task/task.h"
#include "wire/json.h"

namespace perigee::wire {

struct TaskAnswer {
  std::string task;  // "emotion"
  std::string node;  // the node that answered
  task::Answer answer;
};

std::string WriteAnswer(const TaskAnswer& answer);
Result<TaskAnswer> ParseAnswer(std::span<const std::byte> body);
// The same, where it stands inside another message.
Result<TaskAnswer> ReadAnswer(JsonValue root);

// {"name", "summary", "media_types", "options": [...], "labels": [...], "models": [...]}, and
// "stream_options" where there are some.
std::string TaskJson(const task::Description& task);
// The client's side: name, summary, options' names and labels; the rest stays with the node.
Result<task::Description> ParseTask(std::span<const std::byte> body);
// {"tasks": [...]}
std::string TaskListJson(std::span<const task::Description> tasks);

}  // namespace perigee::wire
