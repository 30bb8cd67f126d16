// Tasks.Stream (api/tasks.proto): frames of one client to its session, answers to the client.
#pragma once

#include <grpcpp/server_context.h>

#include <memory>
#include <string>

#include "adapters/grpc_server/duplex.h"
#include "adapters/grpc_server/grpc_server.h"
#include "task/stream_counts.h"
#include "task/task_set.h"
#include "tasks.grpc.pb.h"

namespace perigee::grpc_server {

class TaskStream final : public Duplex {
 public:
  // `node`, which has tasks, and `context` outlive the call.
  TaskStream(const Node& node, const grpc::CallbackServerContext& context);
  ~TaskStream() override;
  TaskStream(const TaskStream&) = delete;
  TaskStream& operator=(const TaskStream&) = delete;

 private:
  void OnMessage(grpc::ByteBuffer& bytes) override;
  Result<void> Take(grpc::ByteBuffer& bytes);
  Result<void> Open(const perigee::v1::StreamOpen& message);
  void Answer(task::FrameAnswer answer);

  const Node& node_;
  const grpc::CallbackServerContext& context_;
  task::Seat seat_;  // keeps the task, which outlives its session
  std::string task_name_;
  Duration budget_{};
  std::unique_ptr<task::Session> session_;  // null until the stream is opened; ends first
};

// Thread-safe.
class TaskService final
    : public perigee::v1::Tasks::WithRawCallbackMethod_Stream<perigee::v1::Tasks::Service> {
 public:
  explicit TaskService(const Node& node) : node_(node) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Stream(
      grpc::CallbackServerContext* context) override;

 private:
  const Node node_;
};

}  // namespace perigee::grpc_server
