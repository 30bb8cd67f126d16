// The contract of deadlines, priorities, tenants, hints and traces, through every door of HTTP.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "adapters/http_server/http_server.h"
#include "adapters/http_server/testing/bare_node.h"
#include "base/testing/fake_clock.h"
#include "runtime/testing/fake_span_sink.h"
#include "task/testing/fake_task.h"
#include "wire/load_report.h"

namespace perigee::http_server {
namespace {

using namespace std::chrono_literals;
using tensor::DType;
using tensor::Tensor;

// Answers at once what the test says, by the clock, and remembers whom it was for.
class ScriptedModel final : public model::Model {
 public:
  explicit ScriptedModel(const Clock& clock) : clock_(clock) {
    description_ = {.name = "m",
                    .version = "3",
                    .platform = "fake",
                    .inputs = {{"x", DType::kFp32, {-1, 1}, {}}},
                    .outputs = {{"y", DType::kFp32, {-1, 1}, {}}},
                    .batch_max = 4};
  }
  const model::Description& description() const override { return description_; }
  model::Statistics statistics() const override { return {}; }
  task::Hint hint(Duration /*budget*/) const override { return next; }
  void Submit(const model::Tensors&, const task::Context& context, Done done) override {
    seen = context;
    if (refusal) return done(Fail(*refusal));
    if (context.deadline <= clock_.Now()) return done(Fail(DeadlineExceeded("infer m: too late")));
    model::Output output{.queued = 2ms, .compute = 5ms, .version = "4"};
    output.tensors.push_back({"y", Tensor::Zeros(DType::kFp32, {1, 1})});
    done(std::move(output));
  }

  task::Hint next{.wait = 1500ms, .service = 20ms, .valid_for = 50ms};
  task::Context seen;
  std::optional<Error> refusal;

 private:
  const Clock& clock_;
  model::Description description_;
};

class HintedTask final : public task::Task {
 public:
  HintedTask() { description_.name = "t"; }
  const task::Description& description() const override { return description_; }
  task::Hint hint(Duration /*budget*/) const override {
    return {.wait = 1ms, .service = 30ms, .valid_for = 9ms};
  }
  Result<task::Answer> Run(const task::Payload&, const task::Context& context) override {
    ++runs;
    seen = context;
    task::Answer answer;
    answer.stages = {{"decode", 3ms}, {"detect", 4ms}};
    return answer;
  }

  int runs = 0;
  task::Context seen;

 private:
  task::Description description_;
};

class ContractTest : public testing::Test {
 protected:
  ContractTest() : tracer_(sink_, clock_, 0, 1) {
    auto model = std::make_unique<ScriptedModel>(clock_);
    model_ = model.get();
    EXPECT_TRUE(bare_.models.Add(std::move(model)).has_value());
    auto task = std::make_unique<HintedTask>();
    task_ = task.get();
    bare_.tasks.Put({std::move(task), [this](TimePoint, task::Seat::Work work) {
                       clock_.Advance(queue_wait_);
                       work({});
                     }});
    Node node = bare_.On(clock_);
    node.tracer = &tracer_;
    server_ = std::make_unique<HttpServer>(std::move(node));
  }

  net::HttpResponse Send(const std::string& method, const std::string& path,
                         const std::string& body, net::Headers headers) {
    auto request = std::make_unique<net::HttpRequest>();
    request->method = method;
    request->path = path;
    request->headers = std::move(headers);
    const auto bytes = std::as_bytes(std::span(body));
    request->body.assign(bytes.begin(), bytes.end());
    request->received_at = clock_.Now();
    net::HttpResponse answer;
    server_->Handle(std::move(request),
                    [&](net::HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  net::HttpResponse Infer(net::Headers headers, const std::string& parameters = "{}") {
    return Send("POST", "/v2/models/m/infer",
                R"({"parameters":)" + parameters +
                    R"(,"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]})",
                std::move(headers));
  }
  net::HttpResponse RunTask(net::Headers headers) {
    return Send("POST", "/v1/tasks/t", "jpeg", std::move(headers));
  }
  static std::string Load(const net::HttpResponse& response) {
    return std::string(net::HeaderValue(response.headers, wire::kLoadHeader));
  }

  FakeClock clock_;
  Duration queue_wait_{};
  runtime::FakeSpanSink sink_;
  runtime::Tracer tracer_;
  BareNode bare_;
  ScriptedModel* model_ = nullptr;  // the one in bare_.models
  HintedTask* task_ = nullptr;      // the one in bare_.tasks
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ContractTest, TakesTheSmallestBudgetOfHeaderAndParameters) {
  EXPECT_EQ(Infer({}).status, 200);
  EXPECT_EQ(model_->seen.deadline, clock_.Now() + 4999ms);
  Infer({{"Perigee-Budget-Ms", "60000"}});
  EXPECT_EQ(model_->seen.deadline, clock_.Now() + 59999ms);
  Infer({{"perigee-budget-ms", "80.5"}}, R"({"budget_ms":100})");
  EXPECT_EQ(model_->seen.deadline, clock_.Now() + 79500us);
  Infer({{"perigee-budget-ms", "80"}}, R"({"timeout":30000})");
  EXPECT_EQ(model_->seen.deadline, clock_.Now() + 29400us);
  Infer({{"perigee-budget-ms", "99999999999999999999"}});
  EXPECT_EQ(model_->seen.deadline, kNever);
}

TEST_F(ContractTest, IsTooLateWithNothingLeft) {
  for (const char* budget : {"0", "-0.5", "-99999"}) {
    EXPECT_EQ(Infer({{"perigee-budget-ms", budget}}).status, 504) << budget;
    EXPECT_EQ(RunTask({{"perigee-budget-ms", budget}}).status, 504) << budget;
  }
  EXPECT_EQ(Infer({}, R"({"budget_ms":0})").status, 504);
  EXPECT_EQ(task_->runs, 0);
}

TEST_F(ContractTest, DoesNotBeginATaskWhoseTimePassedInTheQueue) {
  queue_wait_ = 50ms;
  const net::HttpResponse late = RunTask({{"perigee-budget-ms", "50"}});
  EXPECT_EQ(late.status, 504);
  EXPECT_EQ(task_->runs, 0);
  EXPECT_EQ(RunTask({{"perigee-budget-ms", "52.1"}}).status, 200);
}

TEST_F(ContractTest, RefusesMalformedTerms) {
  const net::Headers cases = {{"perigee-budget-ms", "soon"},
                              {"perigee-priority", "urgent"},
                              {"perigee-tenant", "a b"},
                              {"perigee-tenant", std::string(65, 'a')}};
  for (const auto& header : cases) {
    EXPECT_EQ(Infer({header}).status, 400) << header.first;
    EXPECT_EQ(RunTask({header}).status, 400) << header.first;
    EXPECT_EQ(Send("POST", "/v1/models/m:predict", R"({"instances":[[1]]})", {header}).status, 400);
  }
  EXPECT_EQ(Infer({}, R"({"timeout":"soon"})").status, 400);
}

TEST_F(ContractTest, HandsPriorityTenantAndPurposeOn) {
  Infer({{"perigee-tenant", "ward-7"}, {"perigee-purpose", "live"}}, R"({"priority":3})");
  EXPECT_EQ(model_->seen.tenant, "ward-7");
  EXPECT_EQ(model_->seen.purpose, "live");
  EXPECT_EQ(model_->seen.priority, task::Priority::kLow);
  RunTask({{"perigee-priority", "high"}, {"perigee-tenant", "ward-8"}});
  EXPECT_EQ(task_->seen.priority, task::Priority::kHigh);
  EXPECT_EQ(task_->seen.tenant, "ward-8");
}

TEST_F(ContractTest, EveryAnswerCarriesAHint) {
  EXPECT_EQ(Load(Infer({})),
            "TEXT named_metrics.perigee_queued_ms=2, named_metrics.perigee_compute_ms=5, "
            "named_metrics.perigee_wait_ms=1500, named_metrics.perigee_service_ms=20, "
            "named_metrics.perigee_valid_ms=50");
  EXPECT_EQ(Load(Infer({{"endpoint-load-metrics-format", "json"}})),
            R"(JSON {"named_metrics":{"perigee_queued_ms":2,"perigee_compute_ms":5,)"
            R"("perigee_wait_ms":1500,"perigee_service_ms":20,"perigee_valid_ms":50}})");
  EXPECT_NE(Load(RunTask({})).find("perigee_service_ms=30"), std::string::npos);
  const auto predict = Send("POST", "/v1/models/m:predict", R"({"instances":[[1]]})", {});
  EXPECT_NE(Load(predict).find("perigee_wait_ms=1500"), std::string::npos) << predict.body;
}

TEST_F(ContractTest, ARefusalCarriesTheHintToo) {
  EXPECT_NE(Load(Infer({{"perigee-budget-ms", "x"}})).find("perigee_valid_ms=50"),
            std::string::npos);
  EXPECT_NE(Load(RunTask({{"perigee-budget-ms", "0"}})).find("perigee_valid_ms=9"),
            std::string::npos);
  model_->refusal = ResourceExhausted("infer m: 8 requests already wait");
  const net::HttpResponse full = Infer({});
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(net::HeaderValue(full.headers, "retry-after"), "2");
  EXPECT_NE(Load(full).find("perigee_wait_ms=1500"), std::string::npos);
}

TEST_F(ContractTest, SaysNothingWhereNothingIsPredicted) {
  model_->next = {};
  EXPECT_EQ(Load(Infer({})),
            "TEXT named_metrics.perigee_queued_ms=2, named_metrics.perigee_compute_ms=5");
  EXPECT_EQ(Load(Send("POST", "/v2/models/none/infer", "{}", {})), "");
}

TEST_F(ContractTest, ProbesAreCheapAndSayTheSame) {
  EXPECT_EQ(Send("GET", "/api/v1/models/m/hint", "", {}).body,
            R"({"wait_ms":1500,"service_ms":20,"valid_ms":50})");
  EXPECT_EQ(Send("GET", "/api/v1/tasks/t/hint", "", {}).body,
            R"({"wait_ms":1,"service_ms":30,"valid_ms":9})");
  EXPECT_EQ(Send("GET", "/api/v1/models/none/hint", "", {}).status, 404);
  EXPECT_EQ(Send("GET", "/api/v1/tasks/none/hint", "", {}).status, 404);
}

TEST_F(ContractTest, NamesTheVersionThatAnswered) {
  EXPECT_NE(Infer({}).body.find(R"("model_version":"4")"), std::string::npos);
}

TEST_F(ContractTest, RecordsARequestThatItsCallerRecords) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  Infer({{"traceparent", "00-" + trace + "-00f067aa0ba902b7-00"}});
  EXPECT_TRUE(sink_.spans().empty());
  Infer({{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}, {"perigee-tenant", "w"}});
  const std::vector<runtime::Span> spans = sink_.spans();
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[0].name, "infer m");
  EXPECT_EQ(spans[0].trace_id[0], 0x4B);
  EXPECT_EQ(spans[0].parent_id[1], 0xF0);
  EXPECT_EQ(spans[1].name, "queue");
  EXPECT_EQ(spans[2].name, "compute");
  // The work below is part of the new span, not of the caller's.
  EXPECT_EQ(model_->seen.trace.span_id, spans[0].span_id);
  EXPECT_EQ(model_->seen.trace.trace_id, spans[0].trace_id);
}

TEST_F(ContractTest, RecordsTheStagesOfATaskAndHowARequestFailed) {
  const std::string sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  RunTask({{"traceparent", sampled}});
  ASSERT_EQ(sink_.spans().size(), 4U);
  EXPECT_EQ(sink_.spans()[2].name, "decode");
  RunTask({{"traceparent", sampled}, {"perigee-budget-ms", "0"}});
  ASSERT_EQ(sink_.spans().size(), 5U);
  EXPECT_EQ(sink_.spans()[4].error, "DeadlineExceeded");
}

TEST_F(ContractTest, AMalformedTraceIsNoError) {
  EXPECT_EQ(Infer({{"traceparent", "00-zz"}}).status, 200);
  EXPECT_TRUE(model_->seen.trace.empty());
}

}  // namespace
}  // namespace perigee::http_server
