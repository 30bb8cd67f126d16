#include "adapters/net/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "adapters/net/http_listener.h"
#include "adapters/net/testing/scripted_handler.h"

namespace perigee::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

task::Context Within(Duration budget) {
  return {.deadline = DeadlineAfter(std::chrono::steady_clock::now(), budget),
          .stop = {},
          .purpose = {}};
}

class HttpClientTest : public testing::Test {
 protected:
  void SetUp() override { Listen({}); }
  void Listen(const HttpListenerOptions& options) {
    listener_.reset();
    auto started = HttpListener::Start(options, handler_);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    listener_ = *std::move(started);
  }
  std::unique_ptr<HttpClient> Open(const HttpClientOptions& options = {}) {
    auto client =
        HttpClient::Open("http://127.0.0.1:" + std::to_string(listener_->port()), options);
    if (!client) ADD_FAILURE() << client.error().message;
    return *std::move(client);
  }

  ScriptedHandler handler_;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpClientTest, SendsAndReceivesBodiesAndCountsBytes) {
  const auto client = Open();
  const std::string body(std::size_t{2} << 20, 'b');
  for (int i = 0; i < 2; ++i) {
    const auto response = client->Send({.method = "POST", .target = "/echo", .body = Bytes(body)},
                                       Within(seconds(10)));
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_TRUE(response->body == body);
    EXPECT_EQ(response->content_type, "text/plain");
  }
  EXPECT_GT(client->bytes_sent(), 2 * body.size());
  EXPECT_GT(client->bytes_received(), 2 * body.size());
}

TEST_F(HttpClientTest, KnowsThatHeadHasNoBody) {
  const auto client = Open();
  const auto head = client->Send({.method = "HEAD", .target = "/large"}, Within(seconds(10)));
  ASSERT_TRUE(head.has_value()) << head.error().message;
  EXPECT_EQ(HeaderValue(head->headers, "content-length"), "8388608");
  EXPECT_TRUE(client->Send({.target = "/echo"}, Within(seconds(10))));
}

TEST_F(HttpClientTest, ConnectsAgainWhenTheKeptConnectionHasEnded) {
  const auto client = Open();
  ASSERT_TRUE(client->Send({.target = "/echo"}, Within(seconds(10))));
  Listen({.port = listener_->port()});
  const auto again = client->Send({.target = "/echo"}, Within(seconds(10)));
  EXPECT_TRUE(again.has_value()) << again.error().message;
}

TEST_F(HttpClientTest, SaysThatNobodyListens) {
  const auto client = Open();
  listener_.reset();
  const auto response = client->Send({.target = "/echo"}, Within(seconds(10)));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_NE(response.error().message.find("/echo: Connection refused"), std::string::npos)
      << response.error().message;
}

TEST_F(HttpClientTest, GivesUpAtTheDeadlineAndTheNodeNotices) {
  const auto client = Open();
  const auto response = client->Send({.target = "/held"}, Within(milliseconds(100)));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kDeadlineExceeded);
  const auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  EXPECT_TRUE(WaitForStop(held->request->stop));
}

TEST_F(HttpClientTest, StopsWhenAskedAndTheNodeNotices) {
  const auto client = Open();
  std::stop_source stop;
  auto sent = std::async(std::launch::async, [&] {
    return client->Send({.target = "/held"},
                        {.deadline = kNever, .stop = stop.get_token(), .purpose = {}});
  });
  const auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  stop.request_stop();
  const auto response = sent.get();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kCancelled);
  EXPECT_TRUE(WaitForStop(held->request->stop));
}

TEST_F(HttpClientTest, SendsNothingForACallerThatHasLeft) {
  const auto client = Open();
  std::stop_source stop;
  stop.request_stop();
  const auto response =
      client->Send({}, {.deadline = kNever, .stop = stop.get_token(), .purpose = {}});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kCancelled);
  EXPECT_EQ(client->bytes_sent(), 0U);
}

TEST_F(HttpClientTest, BoundsTheAnswer) {
  const auto client = Open({.body_max = 1000});
  const auto response = client->Send({.target = "/large"}, Within(seconds(10)));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kResourceExhausted);
}

TEST_F(HttpClientTest, SeesARefusalWhileItIsStillSending) {
  Listen({.body_max = 1000});
  const auto client = Open();
  const std::string body(std::size_t{16} << 20, 'b');
  const auto response =
      client->Send({.method = "POST", .target = "/echo", .body = Bytes(body)}, Within(seconds(10)));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST_F(HttpClientTest, RefusesTextThatWouldAddAHeaderField) {
  const auto client = Open();
  const auto context = Within(seconds(10));
  EXPECT_FALSE(client->Send({.target = "/a b"}, context));
  EXPECT_FALSE(client->Send({.headers = {{"X-A", "1\r\nX-B: 2"}}}, context));
  EXPECT_EQ(client->bytes_sent(), 0U);
}

// A server on a bare socket that answers `answer` to one connection, then closes it.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listening_, 1);
    socklen_t size = sizeof address;
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this, text = std::move(answer)] { Serve(text); });
  }
  ~OneAnswer() {
    thread_ = {};
    ::close(listening_);
  }

  std::string url;

 private:
  void Serve(const std::string& answer) const {
    const int fd = ::accept(listening_, nullptr, nullptr);
    char request[4096];
    if (::recv(fd, request, sizeof request, 0) > 0) {
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    ::close(fd);
  }

  int listening_;
  std::jthread thread_;
};

Result<HttpResponse> AskOnce(std::string answer) {
  const OneAnswer server(std::move(answer));
  auto client = HttpClient::Open(server.url);
  return (*client)->Send({}, Within(seconds(10)));
}

TEST(HttpClient, UnderstandsEveryWayToEndAnAnswer) {
  EXPECT_EQ(AskOnce("HTTP/1.1 200 OK\r\n\r\nto the end")->body, "to the end");
  EXPECT_EQ(AskOnce("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                ->body,
            "abcde");
  EXPECT_EQ(AskOnce("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")->status, 204);
}

TEST(HttpClient, TakesNoAnswerThatWasCutOffOrIsNotHttp) {
  for (const char* answer : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                             "SSH-2.0-OpenSSH\r\n\r\n"}) {
    const auto response = AskOnce(answer);
    ASSERT_FALSE(response.has_value()) << answer;
    EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().message;
  }
}

}  // namespace
}  // namespace perigee::net
