// Bidirectional calls over a real server and the library's own stubs.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>

#include "adapters/grpc_server/testing/served_node.h"
#include "task/testing/fake_stream_task.h"
#include "tasks.grpc.pb.h"

namespace perigee::grpc_server {
namespace {

namespace v1 = perigee::v1;

using grpc::StatusCode;

class StreamTest : public ServedNode {
 protected:
  StreamTest() {
    auto task = std::make_shared<task::FakeStreamTask>("emotion");
    fake_ = task.get();
    tasks_.Put({std::move(task), [](TimePoint, task::Seat::Work work) { work({}); }});
    server_.reset();
    auto server = GrpcServer::Start({}, {.name = "n",
                                         .version = "0",
                                         .models = models_,
                                         .clock = clock_,
                                         .draining = draining_,
                                         .tasks = &tasks_,
                                         .streams = &counts_});
    EXPECT_TRUE(server.has_value());
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()),
                                   grpc::InsecureChannelCredentials());
    stub_ = inference::GRPCInferenceService::NewStub(channel_);
    tasks_stub_ = v1::Tasks::NewStub(channel_);
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
  }
  ~StreamTest() override {
    fake_->Release();
    server_.reset();  // its calls count in counts_ until they are over
  }

  using Stream = grpc::ClientReaderWriter<v1::StreamRequest, v1::StreamAnswer>;
  std::unique_ptr<Stream> Open(const std::string& task = "emotion",
                               const std::string& every = "2") {
    std::unique_ptr<Stream> stream = tasks_stub_->Stream(&context_);
    v1::StreamRequest open;
    open.mutable_open()->set_task(task);
    (*open.mutable_open()->mutable_options())["every"] = every;
    stream->Write(open);
    return stream;
  }
  static v1::StreamRequest Frame(std::uint64_t id) {
    v1::StreamRequest request;
    request.mutable_frame()->set_id(id);
    request.mutable_frame()->set_timestamp_us(7);
    request.mutable_frame()->set_picture("jpeg");
    return request;
  }
  template <typename Condition>
  static bool Eventually(const Condition& holds) {
    const TimePoint end = std::chrono::steady_clock::now() + kPatience;
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return holds();
  }

  task::TaskSet tasks_;
  task::StreamCounts counts_;
  task::FakeStreamTask* fake_ = nullptr;
  std::unique_ptr<v1::Tasks::Stub> tasks_stub_;
  grpc::ClientContext context_;
};

TEST_F(StreamTest, AnswersFramesInOrderAndEndsWithTheClient) {
  const auto stream = Open();
  for (std::uint64_t id = 1; id <= 200; ++id) ASSERT_TRUE(stream->Write(Frame(id)));
  stream->WritesDone();
  v1::StreamAnswer answer;
  for (std::uint64_t id = 1; id <= 200; ++id) {
    ASSERT_TRUE(stream->Read(&answer));
    ASSERT_EQ(answer.id(), id);
  }
  EXPECT_EQ(answer.timestamp_us(), 7);
  EXPECT_EQ(answer.answer().image_width(), 4);
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(counts_.All().at("emotion").frames[0], 200U);
}

TEST_F(StreamTest, RefusesAStreamThatCannotBe) {
  struct Case {
    std::string task, every;
    StatusCode code;
  };
  for (const Case& wrong :
       {Case{"nope", "2", StatusCode::NOT_FOUND}, {"emotion", "0", StatusCode::INVALID_ARGUMENT}}) {
    grpc::ClientContext context;
    const auto stream = tasks_stub_->Stream(&context);
    v1::StreamRequest open;
    open.mutable_open()->set_task(wrong.task);
    (*open.mutable_open()->mutable_options())["every"] = wrong.every;
    stream->Write(open);
    EXPECT_EQ(stream->Finish().error_code(), wrong.code);
  }
  const auto unopened = tasks_stub_->Stream(&context_);
  unopened->Write(Frame(1));
  EXPECT_EQ(unopened->Finish().error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(StreamTest, StopsReadingWhileTooMuchIsUnanswered) {
  fake_->Hold();
  const auto stream = Open();
  std::jthread writer([&] {
    for (std::uint64_t id = 1; id <= 200; ++id) stream->Write(Frame(id));
    stream->WritesDone();
  });
  EXPECT_TRUE(Eventually([&] { return fake_->kept() == task::FrameLedger::kUnansweredMax; }));
  fake_->Release();
  v1::StreamAnswer answer;
  std::uint64_t answered = 0;
  while (stream->Read(&answer)) ++answered;
  EXPECT_EQ(answered, 200U);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, ACancelledStreamIsStopped) {
  fake_->Hold();
  const auto stream = Open();
  stream->Write(Frame(1));
  EXPECT_TRUE(Eventually([&] { return fake_->kept() == 1; }));
  context_.TryCancel();
  EXPECT_TRUE(Eventually([&] { return fake_->context().stop.stop_requested(); }));
  fake_->Release();
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::CANCELLED);
}

TEST_F(StreamTest, ANodeThatDrainsEndsStreams) {
  const auto stream = Open();
  stream->Write(Frame(1));
  v1::StreamAnswer answer;
  ASSERT_TRUE(stream->Read(&answer));
  draining_ = true;
  stream->Write(Frame(2));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(StreamTest, InfersInOrderAndAnswersErrorsInPlace) {
  const auto stream = stub_->ModelStreamInfer(&context_);
  stream->Write(Request("double", {1, 2}));
  stream->Write(Request("nope", {1, 2}));
  stream->Write(Request("double", {3, 4}));
  stream->WritesDone();
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(FirstRow(response.infer_response()), (std::array<float, 2>{2, 4}));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_NE(response.error_message(), "");
  EXPECT_EQ(response.infer_response().id(), "i7");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_message(), "");
  EXPECT_EQ(FirstRow(response.infer_response()), (std::array<float, 2>{6, 8}));
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, AnAnswerWaitsForThoseBeforeIt) {
  const auto stream = stub_->ModelStreamInfer(&context_);
  stream->Write(Request("parked", {1, 2}));
  stream->Write(Request("double", {3, 4}));
  ASSERT_TRUE(parked_->AwaitRequest());
  parked_->Answer(Fail(Unavailable("infer: parked for good")));
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_message(), "infer: parked for good");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(FirstRow(response.infer_response()), (std::array<float, 2>{6, 8}));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(StreamTest, ACancelledStreamStopsItsRequests) {
  const auto stream = stub_->ModelStreamInfer(&context_);
  stream->Write(Request("parked", {1, 2}));
  ASSERT_TRUE(parked_->AwaitRequest());
  context_.TryCancel();
  EXPECT_TRUE(parked_->AwaitStop());
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::CANCELLED);
}

}  // namespace
}  // namespace perigee::grpc_server
