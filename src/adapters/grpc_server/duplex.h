// A bidirectional call as bytes: messages in one at a time, answers out from any thread. It stops
// reading while too much is under way or unsent, so that a client that does not read cannot make it
// grow, and ends when all is answered.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/result.h"

namespace perigee::grpc_server {

// Thread-safe. The gRPC library ends its life through OnDone, which comes after all else.
class Duplex : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  static constexpr std::size_t kUnsentMax = 64;  // answers

  // Once, when it is fully made.
  void Begin() { Go(); }

  void OnReadDone(bool ok) final;
  void OnWriteDone(bool ok) final;
  // The client left, its deadline passed, or the server gives up on the call.
  void OnCancel() final;
  void OnDone() final;

 protected:
  explicit Duplex(std::size_t under_way_max) : under_way_max_(under_way_max) {}

  // On a thread of the library, one at a time. For each message Answered comes once, now or later.
  virtual void OnMessage(grpc::ByteBuffer& bytes) = 0;
  // What the library's threads may let go of.
  virtual void LetGo() {}

  // `count` messages need no more work; `answers` of them are sent, in this order. The caller may
  // touch nothing of the call afterwards.
  void Answered(std::deque<grpc::ByteBuffer> answers, std::size_t count);
  // The call ends with this error once what is under way is answered.
  void Break(const Error& error);
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  struct Step {
    bool reads = false;
    bool writes = false;
    std::optional<grpc::Status> status;  // Finish
  };
  Step Next();
  void Do(Step step);
  void Go();  // whatever is to be done now

  const std::size_t under_way_max_;
  std::stop_source stop_;
  grpc::ByteBuffer in_;
  grpc::ByteBuffer out_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t under_way_ = 0;
  std::deque<grpc::ByteBuffer> unsent_;
  int starting_ = 0;  // threads that are about to read or write: the call must not end before
  bool reading_ = false;
  bool writing_ = false;
  bool read_all_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  std::optional<grpc::Status> broken_;
};

}  // namespace perigee::grpc_server
