// One stream of a task over WebSocket (api/stream.md): messages of the client to its session,
// answers of the session to the client.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "adapters/http_server/node.h"
#include "adapters/net/websocket.h"
#include "base/result.h"
#include "task/stream_counts.h"
#include "task/task_set.h"

namespace perigee::http_server {

// Calls come on the connection's thread, answers from the task's.
class TaskStream final : public net::WebSocketHandler {
 public:
  struct Terms {
    task::Options options;
    task::Context context;  // without deadline and stop, which are frame's and stream's
    Duration budget{};      // of a frame that brings none
  };
  // What the task says of the options, or that it takes no streams.
  static Result<std::unique_ptr<TaskStream>> Open(task::Seat seat, Terms terms, const Node& node);
  ~TaskStream() override;
  TaskStream(const TaskStream&) = delete;
  TaskStream& operator=(const TaskStream&) = delete;

  void OnOpen(net::WebSocketSender sender) override;
  void OnMessage(net::WebSocketMessage message) override;
  void OnEnd() override;
  bool IsReady() const override { return ledger_.HasRoom(); }
  bool IsIdle() const override { return under_way_ == 0; }
  std::size_t held_bytes() const override { return ledger_.held_bytes(); }

 private:
  TaskStream(task::Seat seat, Duration budget, const Node& node);
  void Answer(task::FrameAnswer answer);
  const std::string& task_name() const { return seat_.task->description().name; }

  const task::Seat seat_;  // keeps the task, which outlives its session
  const Duration budget_;
  const Node& node_;
  std::stop_source stop_;
  std::optional<net::WebSocketSender> sender_;  // from OnOpen on
  std::uint64_t messages_ = 0;
  task::FrameLedger ledger_;
  std::atomic<int> under_way_ = 0;          // frames pushed whose answers are not on their way
  std::unique_ptr<task::Session> session_;  // ends first
};

}  // namespace perigee::http_server
