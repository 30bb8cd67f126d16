// Answers that another thread than the connection's sends (answer_turn.h): order, rests, room, and
// clients that leave meanwhile.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "adapters/net/http_listener.h"
#include "adapters/net/testing/raw_client.h"
#include "adapters/net/testing/scripted_handler.h"

namespace perigee::net {
namespace {

std::string Post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

class HttpListenerAnswerTest : public testing::Test {
 protected:
  void Start(const HttpListenerOptions& options) {
    auto started = HttpListener::Start(options, handler_);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    listener_ = *std::move(started);
  }
  void SetUp() override { Start({.threads = 2}); }
  RawClient Connect() { return RawClient(listener_->port()); }
  HeldRequest Take() {
    auto held = handler_.Take();
    if (!held) ADD_FAILURE() << "no request arrived";
    return held ? *std::move(held) : HeldRequest{nullptr, [](const HttpResponse&) {}};
  }

  ScriptedHandler handler_;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(HttpListenerAnswerTest, GoesOnToTheNextRequest) {
  RawClient client = Connect();
  for (int i = 0; i < 200; ++i) {
    client.Send(Post(i % 3 == 2 ? "/thread" : "/held", std::to_string(i)));
    if (i % 3 != 2) Take().respond(Text(std::to_string(i)));
    ASSERT_EQ(client.Read().body, std::to_string(i));
  }
}

TEST_F(HttpListenerAnswerTest, SendsTheRestThatTheSocketDidNotTake) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  const std::string large(std::size_t{16} << 20, 'x');
  Take().respond(Text(large));
  EXPECT_TRUE(client.Read().body == large);
  client.Send(Post("/echo", "next"));
  EXPECT_EQ(client.Read().body, "next");
}

TEST_F(HttpListenerAnswerTest, KeepsTheOrderOfAClientThatSendsAhead) {
  RawClient client = Connect();
  for (int i = 0; i < 20; ++i) {
    client.Send(Post("/held", ""));
    HeldRequest first = Take();
    client.Send(Post("/echo", "second") + Post("/held", ""));
    first.respond(Text("first"));
    EXPECT_EQ(client.Read().body, "first");
    EXPECT_EQ(client.Read().body, "second");
    Take().respond(Text("third"));
    EXPECT_EQ(client.Read().body, "third");
  }
}

TEST_F(HttpListenerAnswerTest, AnswersAClientThatSendsAheadAndHasHalfClosed) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  HeldRequest held = Take();
  client.Send(Post("/echo", "second"));
  client.HalfClose();
  held.respond(Text("first"));
  EXPECT_EQ(client.Read().body, "first");
  EXPECT_EQ(client.Read().body, "second");
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerAnswerTest, RequestsTheStopWhenAClientThatSentAheadResets) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  HeldRequest held = Take();
  client.Send(Post("/echo", "never read"));
  client.Reset();
  EXPECT_TRUE(WaitForStop(held.request->stop));
}

TEST_F(HttpListenerAnswerTest, GivesBackTheRoomOfABodyWithTheAnswer) {
  Start({.bodies_max = 1000, .idle_timeout = std::chrono::hours(1)});
  RawClient clients[] = {Connect(), Connect(), Connect()};
  for (int i = 0; i < 30; ++i) {
    RawClient& client = clients[i % 3];
    client.Send(Post("/held", std::string(900, 'x')));
    Take().respond(Text("ok"));
    EXPECT_EQ(client.Read().status, 200);
  }
}

TEST_F(HttpListenerAnswerTest, ClosesTheConnectionThatIsIdleAfterwards) {
  Start({.idle_timeout = std::chrono::milliseconds(40)});
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  Take().respond(Text("ok"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerAnswerTest, DrainsAtOnceAfterwards) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  Take().respond(Text("ok"));
  EXPECT_EQ(client.Read().status, 200);
  const auto before = std::chrono::steady_clock::now();
  listener_->Drain(std::chrono::seconds(10));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerAnswerTest, ClosesAfterAnAnswerThatAsksForIt) {
  RawClient client = Connect();
  client.Send(Post("/held", ""));
  HttpResponse last = Text("bye");
  last.headers = {{"Connection", "close"}};
  Take().respond(std::move(last));
  EXPECT_NE(client.Read().head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(HttpListenerAnswerTest, SendsNoBodyToHead) {
  RawClient client = Connect();
  client.Send("HEAD /held HTTP/1.1\r\nHost: x\r\n\r\n");
  Take().respond(Text("twelve bytes"));
  EXPECT_NE(client.Read(/*bodiless=*/true).head.find("Content-Length: 12\r\n"), std::string::npos);
  client.Send(Post("/echo", "next"));
  EXPECT_EQ(client.Read().body, "next");
}

TEST_F(HttpListenerAnswerTest, OutlivesClientsThatLeaveWhileTheyAreAnswered) {
  std::vector<std::jthread> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.emplace_back([this, i] {
      for (int n = 0; n < 40; ++n) {
        RawClient client = Connect();
        client.Send(Post("/thread", "x"));
        if ((n + i) % 2 == 0) {
          EXPECT_EQ(client.Read().body, "x");
        }
        client.Reset();
      }
    });
  }
  crowd.clear();
  RawClient client = Connect();
  client.Send(Post("/echo", "still here"));
  EXPECT_EQ(client.Read().body, "still here");
}

TEST_F(HttpListenerAnswerTest, MayComeWhileTheListenerEnds) {
  for (int i = 0; i < 20; ++i) {
    Start({.threads = 2});
    RawClient client = Connect();
    client.Send(Post("/held", ""));
    HeldRequest held = Take();
    {
      const std::jthread answering([&held] { held.respond(Text("perhaps")); });
      listener_.reset();
    }
    const RawResponse response = client.Read();
    EXPECT_TRUE(response.body == "perhaps" || response.status == 0) << response.head;
  }
}

}  // namespace
}  // namespace perigee::net
