// The routes that show and change the node's models, over a repository that remembers what it was
// asked.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "adapters/http_server/http_server.h"
#include "adapters/http_server/testing/bare_node.h"
#include "base/testing/fake_clock.h"
#include "model/testing/fake_model.h"
#include "model/testing/fake_repository.h"

namespace perigee::http_server {
namespace {

using model::ModelState;

class ManagementTest : public testing::Test {
 protected:
  ManagementTest() {
    model::Description description;
    description.name = "alias";
    description.version = "1";
    auto model = std::make_shared<model::FakeModel>(std::move(description), nullptr);
    EXPECT_TRUE(bare_.models.Add(std::move(model)).has_value());
    repository_.index = {{"m",
                          {{"1", ModelState::kReady, ""},
                           {"2", ModelState::kUnavailable, "load model m version 2: no model"}},
                          {}}};
    Serve(true);
  }

  void Serve(bool manage) {
    Node node = bare_.On(clock_);
    node.repository = {.repository = &repository_,
                       .manage = manage,
                       .post = [](TimePoint, task::Seat::Work work) { work({}); }};
    server_ = std::make_unique<HttpServer>(std::move(node));
  }

  net::HttpResponse Send(const std::string& method, const std::string& path,
                         const std::string& body = "") {
    auto request = std::make_unique<net::HttpRequest>();
    request->method = method;
    request->path = path;
    const auto bytes = std::as_bytes(std::span(body));
    request->body.assign(bytes.begin(), bytes.end());
    net::HttpResponse answer;
    server_->Handle(std::move(request),
                    [&answer](net::HttpResponse response) { answer = std::move(response); });
    return answer;
  }

  FakeClock clock_;
  model::FakeRepository repository_;
  BareNode bare_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ManagementTest, ListsEveryVersionWithItsStateAndReason) {
  const net::HttpResponse all = Send("POST", "/v2/repository/index");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.body, R"([{"name":"alias","version":"1","state":"READY","reason":""},)"
                      R"({"name":"m","version":"1","state":"READY","reason":""},)"
                      R"({"name":"m","version":"2","state":"UNAVAILABLE",)"
                      R"("reason":"load model m version 2: no model"}])");
  const net::HttpResponse ready = Send("POST", "/v2/repository/index", R"({"ready": true})");
  EXPECT_EQ(ready.body.find("UNAVAILABLE"), std::string::npos);
}

TEST_F(ManagementTest, LoadsAndUnloadsInTheWordsOfBothApis) {
  EXPECT_EQ(Send("POST", "/v2/repository/models/m/load", "{}").status, 200);
  EXPECT_EQ(Send("POST", "/v2/repository/models/m/unload",
                 R"({"parameters":{"unload_dependents":false}})")
                .status,
            200);
  const net::HttpResponse loaded = Send("POST", "/api/v1/models/m/load");
  EXPECT_EQ(loaded.status, 200);
  EXPECT_TRUE(loaded.body.starts_with(R"({"name":"m","versions":[{"version":"1")"));
  EXPECT_EQ(repository_.asked, (std::vector<std::string>{"load m", "unload m", "load m"}));
}

TEST_F(ManagementTest, RefusesALoadThatBringsItsOwnConfiguration) {
  const net::HttpResponse refused =
      Send("POST", "/v2/repository/models/m/load", R"({"parameters":{"config":"{}"}})");
  EXPECT_EQ(refused.status, 501);
  EXPECT_TRUE(repository_.asked.empty());
}

TEST_F(ManagementTest, TellsWhyAChangeFailed) {
  repository_.answer = Fail(InvalidArgument("load model m version 2: golden answer: it differs"));
  const net::HttpResponse refused = Send("POST", "/v2/repository/models/m/load");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"({"error":"load model m version 2: golden answer: it differs"})");
}

TEST_F(ManagementTest, StartsAndStopsACanary) {
  EXPECT_EQ(Send("POST", "/api/v1/models/m/canary", R"({"version":"2","percent":5})").status, 200);
  EXPECT_EQ(Send("DELETE", "/api/v1/models/m/canary").status, 200);
  EXPECT_EQ(repository_.asked, (std::vector<std::string>{"canary m 2", "stop canary m"}));
  EXPECT_EQ(Send("POST", "/api/v1/models/m/canary", "{}").status, 400);
}

TEST_F(ManagementTest, ShowsAModelAndSaysThatAnotherIsNotThere) {
  repository_.index[0].canary = model::CanaryStatus{.stable = "1", .candidate = "2"};
  EXPECT_NE(Send("GET", "/api/v1/models/m").body.find(R"("candidate":"2")"), std::string::npos);
  EXPECT_NE(Send("GET", "/api/v1/models").body.find(R"({"name":"alias")"), std::string::npos);
  EXPECT_EQ(Send("GET", "/api/v1/models/none").status, 404);
}

// A model comes after each look at the index.
class GrowingRepository final : public model::FakeRepository {
 public:
  std::vector<model::ModelStatus> Index() const override {
    seen_.push_back({"m" + std::to_string(seen_.size()), {{"1", ModelState::kReady, ""}}, {}});
    return seen_;
  }

 private:
  mutable std::vector<model::ModelStatus> seen_;
};

TEST_F(ManagementTest, ListsNoModelByHalfThatComesWhileItLooks) {
  GrowingRepository repository;
  Node node = bare_.On(clock_);
  node.repository = {.repository = &repository, .manage = false, .post = {}};
  server_ = std::make_unique<HttpServer>(std::move(node));
  const std::string listed = Send("GET", "/api/v1/models").body;
  EXPECT_NE(listed.find(R"("name":"m0")"), std::string::npos) << listed;
  EXPECT_EQ(listed.find(R"("name":"")"), std::string::npos) << listed;
  server_.reset();
}

TEST_F(ManagementTest, ChangesNothingWhereTheOperatorDidNotAllowIt) {
  Serve(false);
  EXPECT_EQ(Send("POST", "/v2/repository/models/m/load").status, 403);
  EXPECT_EQ(Send("POST", "/api/v1/models/m/canary", R"({"version":"2"})").status, 403);
  EXPECT_EQ(Send("DELETE", "/api/v1/models/m/canary").status, 403);
  EXPECT_EQ(Send("GET", "/api/v1/models/m").status, 200);
  EXPECT_TRUE(repository_.asked.empty());
}

}  // namespace
}  // namespace perigee::http_server
