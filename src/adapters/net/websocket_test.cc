// The server's end over real sockets of the loopback, seen by our own client and by ones that break
// the rules.
#include "adapters/net/websocket.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>

#include "adapters/net/http_listener.h"
#include "adapters/net/testing/certificate.h"
#include "adapters/net/testing/raw_client.h"
#include "adapters/net/websocket_client.h"
#include "adapters/net/websocket_codec.h"

namespace perigee::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WebSocketMask kMask{1, 2, 3, 4};
constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string Frame(WebSocketOpcode opcode, std::string payload) {
  const std::string head = FrameHead(opcode, payload.size(), kMask);
  ApplyMask(std::as_writable_bytes(std::span(payload)), kMask, 0);
  return head + payload;
}

// What the sessions of a test share with it. Thread-safe.
struct Shared {
  std::atomic<int> messages = 0;
  std::atomic<int> alive = 0;
  std::atomic<bool> ended = false;
  std::atomic<bool> idle = true;
  std::size_t answer_size = 0;  // 0: an echo
};

// Answers each message with its own bytes, or with as many as the test says.
class Echo final : public WebSocketHandler {
 public:
  explicit Echo(Shared& shared) : shared_(shared) { ++shared_.alive; }
  ~Echo() override { --shared_.alive; }
  void OnOpen(WebSocketSender sender) override { sender_.emplace(std::move(sender)); }
  void OnMessage(WebSocketMessage message) override {
    ++shared_.messages;
    std::string text(reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size());
    sender_->SendText(shared_.answer_size > 0 ? std::string(shared_.answer_size, 'x') : text);
  }
  void OnEnd() override { shared_.ended = true; }
  bool IsReady() const override { return true; }
  bool IsIdle() const override { return shared_.idle; }

 private:
  Shared& shared_;
  std::optional<WebSocketSender> sender_;
};

class EchoServer final : public HttpHandler {
 public:
  explicit EchoServer(Shared& shared) : shared_(shared) {}
  void Handle(std::unique_ptr<HttpRequest> request, HttpRespond respond) override {
    respond(AcceptWebSocket(*request, std::make_unique<Echo>(shared_)));
  }
  HttpResponse Refusal(int status, std::string_view why) override {
    HttpResponse response;
    response.status = status;
    response.body = why;
    return response;
  }

 private:
  Shared& shared_;
};

class WebSocketTest : public testing::Test {
 protected:
  void Serve(HttpListenerOptions options = {}) {
    auto started = HttpListener::Start(options, server_);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    listener_ = *std::move(started);
  }
  std::unique_ptr<WebSocketClient> Connect() {
    auto client =
        WebSocketClient::Open("http://127.0.0.1:" + std::to_string(listener_->port()), "/", {}, {});
    EXPECT_TRUE(client.has_value()) << client.error().message;
    return client ? *std::move(client) : nullptr;
  }
  RawClient Upgraded() {
    RawClient client(listener_->port());
    client.Send(kUpgrade);
    EXPECT_EQ(client.Read(true).status, 101);
    // Only now is the session sure to be there: the answer may be seen before its sender goes on.
    client.Send(Frame(WebSocketOpcode::kPing, ""));
    EXPECT_EQ(client.ReadBytes(2), std::string("\x8A\x00", 2));
    return client;
  }
  template <typename Condition>
  static bool Eventually(const Condition& holds) {
    const TimePoint end = std::chrono::steady_clock::now() + seconds(10);
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return holds();
  }
  static TimePoint Patience() { return std::chrono::steady_clock::now() + seconds(10); }

  Shared shared_;
  EchoServer server_{shared_};
  std::unique_ptr<HttpListener> listener_;
};

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST_F(WebSocketTest, CarriesMessagesOfAllSizesBothWays) {
  Serve();
  const auto client = Connect();
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 1'000'000U}) {
    const std::string sent(size, 's');
    ASSERT_TRUE(client->Send(Bytes(sent).first(size / 2), Bytes(sent).subspan(size / 2)));
    const auto received = client->Receive(Patience());
    ASSERT_TRUE(received.has_value()) << received.error().message;
    EXPECT_EQ(**received, sent);
  }
}

TEST_F(WebSocketTest, CarriesMessagesOverTls) {
  const TestCertificate certificate;
  Serve({.certificate_file = certificate.certificate_file(), .key_file = certificate.key_file()});
  const std::string url = "https://127.0.0.1:" + std::to_string(listener_->port());
  const auto client =
      WebSocketClient::Open(url, "/", {.ca_file = certificate.certificate_file()}, {});
  ASSERT_TRUE(client.has_value()) << client.error().message;
  const std::string sent(300'000, 's');
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*client)->Send(Bytes(sent)).has_value());
  for (int i = 0; i < 5; ++i) {
    const auto received = (*client)->Receive(Patience());
    ASSERT_TRUE(received.has_value()) << received.error().message;
    EXPECT_TRUE(**received == sent);
  }
  (void)(*client)->Close();
  const auto closed = (*client)->Receive(Patience());
  ASSERT_FALSE(closed.has_value());
  EXPECT_NE(closed.error().message.find("1000"), std::string::npos) << closed.error().message;
}

TEST_F(WebSocketTest, ProvesTheUpgradeAndTakesWhatCameWithIt) {
  Serve();
  RawClient client(listener_->port());
  client.Send(std::string(kUpgrade) + Frame(WebSocketOpcode::kBinary, "early"));
  const RawResponse response = client.Read(true);
  EXPECT_EQ(response.status, 101);
  EXPECT_NE(response.head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  EXPECT_NE(response.head.find("Connection: Upgrade\r\n"), std::string::npos);
  EXPECT_EQ(client.ReadBytes(7),
            "\x81\x05"
            "early");
}

TEST_F(WebSocketTest, RefusesWhatIsNoUpgrade) {
  Serve();
  struct Case {
    std::string from, to;
    int status;
  };
  for (const Case& wrong : {Case{"Upgrade: websocket\r\n", "", 426},
                            {": 13", ": 8", 426},
                            {"ZQ==", "Z", 400},
                            {"GET", "PUT", 405},
                            {"HTTP/1.1", "HTTP/1.0", 503}}) {
    std::string request(kUpgrade);
    request.replace(request.find(wrong.from), wrong.from.size(), wrong.to);
    RawClient client(listener_->port());
    client.Send(request);
    EXPECT_EQ(client.Read().status, wrong.status) << request;
  }
}

TEST_F(WebSocketTest, AnswersPingsAndClosesAsAsked) {
  Serve();
  RawClient client = Upgraded();
  client.Send(Frame(WebSocketOpcode::kPing, "there?"));
  EXPECT_EQ(client.ReadBytes(8),
            "\x8A\x06"
            "there?");
  client.Send(Frame(WebSocketOpcode::kClose, "\x03\xE8"));
  EXPECT_EQ(client.ReadBytes(4), "\x88\x02\x03\xE8");
  EXPECT_TRUE(client.ReadsEnd());
  EXPECT_TRUE(Eventually([&] { return shared_.ended.load(); }));
}

TEST_F(WebSocketTest, ClosesOnABrokenRuleAndOnTooMuch) {
  Serve({.body_max = 1000});
  RawClient broken = Upgraded();
  broken.Send(FrameHead(WebSocketOpcode::kText, 1, {}) + "x");
  EXPECT_EQ(broken.ReadBytes(4).substr(2), "\x03\xEA");
  RawClient greedy = Upgraded();
  greedy.Send(Frame(WebSocketOpcode::kBinary, std::string(1001, 'x')));
  EXPECT_EQ(greedy.ReadBytes(4).substr(2), "\x03\xF1");
}

TEST_F(WebSocketTest, ASlowReaderIsNotReadFromAndInTheEndLetGo) {
  shared_.answer_size = 100'000;
  Serve({.write_timeout = milliseconds(300)});
  RawClient client = Upgraded();
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += Frame(WebSocketOpcode::kBinary, "x");
  client.Send(flood);
  EXPECT_TRUE(Eventually([&] { return shared_.ended.load(); }));
  // What the kernel's buffers took (a few MiB), and the bound: never one answer a message.
  EXPECT_LT(shared_.messages, 400);
}

TEST_F(WebSocketTest, PingsAClientThatIsSilentAndLetsADeadOneGo) {
  Serve({.idle_timeout = milliseconds(300)});
  RawClient dead = Upgraded();
  EXPECT_EQ(dead.ReadBytes(2), std::string("\x89\x00", 2));
  EXPECT_TRUE(dead.ReadsEnd());
  const auto alive = Connect();
  const auto silence = alive->Receive(std::chrono::steady_clock::now() + milliseconds(900));
  EXPECT_TRUE(silence.has_value()) << silence.error().message;
}

TEST_F(WebSocketTest, ClosesAsGoingAwayOnceItHasAnsweredWhatItTook) {
  Serve();
  const auto client = Connect();
  ASSERT_TRUE(client->Send(Bytes("last")));
  EXPECT_TRUE(Eventually([&] { return shared_.messages == 1; }));
  auto drained = std::async(std::launch::async, [this] { listener_->Drain(seconds(10)); });
  const auto last = client->Receive(Patience());
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(**last, "last");
  const auto closed = client->Receive(Patience());
  ASSERT_FALSE(closed.has_value());
  EXPECT_NE(closed.error().message.find("1001"), std::string::npos) << closed.error().message;
  EXPECT_EQ(drained.wait_for(seconds(10)), std::future_status::ready);
}

TEST_F(WebSocketTest, KeepsAHandlerUntilItIsIdle) {
  Serve();
  shared_.idle = false;
  Upgraded().Reset();
  EXPECT_TRUE(Eventually([&] { return shared_.ended.load(); }));
  EXPECT_EQ(shared_.alive, 1);
  shared_.idle = true;
  EXPECT_TRUE(Eventually([&] { return shared_.alive == 0; }));
}

TEST_F(WebSocketTest, AListenerThatEndsTakesItsSessionsAlong) {
  Serve();
  RawClient client = Upgraded();
  listener_.reset();
  EXPECT_TRUE(shared_.ended);
  EXPECT_EQ(shared_.alive, 0);
  EXPECT_TRUE(client.ReadsEnd());
}

}  // namespace
}  // namespace perigee::net
