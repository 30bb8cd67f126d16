#include "adapters/otlp/exporter.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>

#include "adapters/net/http_listener.h"

namespace perigee::otlp {
namespace {

using namespace std::chrono_literals;

// A collector that keeps what it is sent, or is out of order.
class Collector final : public net::HttpHandler {
 public:
  explicit Collector(int status = 200) : status_(status) {
    auto listener = net::HttpListener::Start({}, *this);
    EXPECT_TRUE(listener.has_value());
    listener_ = *std::move(listener);
  }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(listener_->port()); }

  void Handle(std::unique_ptr<net::HttpRequest> request, net::HttpRespond respond) override {
    {
      const std::scoped_lock lock(mutex_);
      paths_.push_back(request->path);
      bodies_.emplace_back(reinterpret_cast<const char*>(request->body.data()),
                           request->body.size());
      type_ = net::HeaderValue(request->headers, "content-type");
      arrived_.notify_all();
    }
    respond({.status = status_, .body = "{}"});
  }
  net::HttpResponse Refusal(int status, std::string_view) override { return {.status = status}; }

  // False if there are not so many within ten seconds.
  bool Await(std::size_t requests) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, 10s, [&] { return bodies_.size() >= requests; });
  }
  std::vector<std::string> bodies() {
    const std::scoped_lock lock(mutex_);
    return bodies_;
  }
  std::string path() {
    const std::scoped_lock lock(mutex_);
    return paths_.empty() ? "" : paths_[0];
  }
  std::string type() {
    const std::scoped_lock lock(mutex_);
    return type_;
  }

 private:
  const int status_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::string> paths_;
  std::vector<std::string> bodies_;
  std::string type_;
  std::unique_ptr<net::HttpListener> listener_;  // last: it ends before what it calls
};

std::vector<runtime::Span> Spans(const std::string& name, std::size_t count = 1) {
  return std::vector<runtime::Span>(count, runtime::Span{.trace_id = {1}, .name = name});
}

std::unique_ptr<Exporter> Start(ExporterOptions options) {
  auto exporter = Exporter::Start(options);
  if (!exporter) ADD_FAILURE() << exporter.error().message;
  return *std::move(exporter);
}

TEST(Exporter, SendsAFullBatchAtOnce) {
  Collector collector;
  const auto exporter =
      Start({.endpoint = collector.endpoint(), .batch_max = 2, .interval = std::chrono::hours(1)});
  exporter->Push(Spans("infer m", 2));
  ASSERT_TRUE(collector.Await(1));
  EXPECT_EQ(collector.path(), "/v1/traces");
  EXPECT_EQ(collector.type(), "application/json");
  EXPECT_NE(collector.bodies()[0].find(R"("name":"infer m")"), std::string::npos);
}

TEST(Exporter, SendsWhatWaitsWhenItEnds) {
  Collector collector;
  Start({.endpoint = collector.endpoint() + "/otlp/traces", .interval = std::chrono::hours(1)})
      ->Push(Spans("last words"));
  ASSERT_TRUE(collector.Await(1));
  EXPECT_EQ(collector.path(), "/otlp/traces");
}

TEST(Exporter, DropsAndCountsWhatItHasNoRoomFor) {
  Collector collector;
  const auto exporter =
      Start({.endpoint = collector.endpoint(), .queue_max = 3, .interval = std::chrono::hours(1)});
  exporter->Push(Spans("fits", 2));
  exporter->Push(Spans("does not", 2));
  exporter->Push(Spans("fits", 1));
  EXPECT_EQ(exporter->counts().dropped, 2U);
}

TEST(Exporter, ACollectorThatRefusesCostsOnlyItsSpans) {
  Collector collector(503);
  const auto exporter =
      Start({.endpoint = collector.endpoint(), .batch_max = 1, .interval = std::chrono::hours(1)});
  exporter->Push(Spans("first"));
  ASSERT_TRUE(collector.Await(1));
  exporter->Push(Spans("second"));
  ASSERT_TRUE(collector.Await(2));
  // The first was counted before the second was sent.
  EXPECT_GE(exporter->counts().dropped, 1U);
  EXPECT_EQ(exporter->counts().sent, 0U);
}

TEST(Exporter, GoesOnWhereNobodyListens) {
  // Port 1 is the reserved tcpmux: nothing listens there.
  const auto exporter =
      Start({.endpoint = "http://127.0.0.1:1", .batch_max = 1, .interval = std::chrono::hours(1)});
  for (int i = 0; i < 100; ++i) exporter->Push(Spans("nobody"));
}

TEST(Exporter, RefusesAnEndpointThatIsNone) {
  const auto exporter = Exporter::Start({.endpoint = "collector:4318"});
  ASSERT_FALSE(exporter.has_value());
  EXPECT_EQ(exporter.error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace perigee::otlp
