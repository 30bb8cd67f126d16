// Listener and client together over TLS.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "adapters/net/http_client.h"
#include "adapters/net/http_listener.h"
#include "adapters/net/testing/certificate.h"
#include "adapters/net/testing/raw_client.h"
#include "adapters/net/testing/scripted_handler.h"

namespace perigee::net {
namespace {

using std::chrono::seconds;

task::Context TenSeconds() {
  return {.deadline = DeadlineAfter(std::chrono::steady_clock::now(), seconds(10)),
          .stop = {},
          .purpose = {}};
}

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = HttpListener::Start({.certificate_file = certificate_.certificate_file(),
                                        .key_file = certificate_.key_file(),
                                        .header_timeout = std::chrono::milliseconds(500)},
                                       handler_);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    listener_ = *std::move(started);
  }
  std::unique_ptr<HttpClient> Open(const std::string& ca_file, std::string_view host) {
    const std::string url =
        "https://" + std::string(host) + ":" + std::to_string(listener_->port());
    auto client = HttpClient::Open(url, {.ca_file = ca_file});
    if (!client) ADD_FAILURE() << client.error().message;
    return *std::move(client);
  }

  TestCertificate certificate_;
  ScriptedHandler handler_;
  std::unique_ptr<HttpListener> listener_;
};

TEST_F(TlsTest, CarriesLargeBodiesOnOneConnection) {
  const auto client = Open(certificate_.certificate_file(), "127.0.0.1");
  const std::string body(std::size_t{3} << 20, 'b');
  for (int i = 0; i < 2; ++i) {
    const auto response =
        client->Send({.method = "POST", .target = "/echo", .body = std::as_bytes(std::span(body))},
                     TenSeconds());
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_TRUE(response->body == body);
  }
}

TEST_F(TlsTest, RefusesANodeThatItsAuthorityDidNotSign) {
  const TestCertificate other;
  const auto client = Open(other.certificate_file(), "127.0.0.1");
  const auto response = client->Send({.target = "/echo"}, TenSeconds());
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_NE(response.error().message.find("certificate refused"), std::string::npos)
      << response.error().message;
}

TEST_F(TlsTest, RefusesANodeOfAnotherName) {
  const auto client = Open(certificate_.certificate_file(), "127.0.0.2");
  const auto response = client->Send({.target = "/echo"}, TenSeconds());
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, Code::kUnavailable);
}

TEST_F(TlsTest, RequestsTheStopWhenTheClientGivesUp) {
  const auto client = Open(certificate_.certificate_file(), "127.0.0.1");
  task::Context context = TenSeconds();
  context.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  EXPECT_FALSE(client->Send({.target = "/held"}, context));
  const auto held = handler_.Take();
  ASSERT_TRUE(held.has_value());
  EXPECT_TRUE(WaitForStop(held->request->stop));
}

TEST_F(TlsTest, DrainsWithTheClientStillConnected) {
  const auto client = Open(certificate_.certificate_file(), "127.0.0.1");
  EXPECT_TRUE(client->Send({.target = "/echo"}, TenSeconds()));
  const auto before = std::chrono::steady_clock::now();
  listener_->Drain(seconds(10));
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
}

TEST_F(TlsTest, EndsAClientThatNeverShakesHands) {
  RawClient silent(listener_->port());
  EXPECT_TRUE(silent.ReadsEnd());
  RawClient clear(listener_->port());
  clear.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(clear.Read().status, 0);
}

TEST_F(TlsTest, RefusesFilesThatAreNoCertificateOrKey) {
  const std::string nonsense = certificate_.certificate_file() + ".txt";
  std::ofstream(nonsense) << "not PEM";
  const TestCertificate other;
  const std::string certificate = certificate_.certificate_file();
  for (const auto& [first, second] :
       {std::pair(nonsense, certificate_.key_file()), std::pair(certificate, nonsense),
        std::pair(certificate, other.key_file())}) {
    const auto started =
        HttpListener::Start({.certificate_file = first, .key_file = second}, handler_);
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, Code::kInvalidArgument) << started.error().message;
  }
  EXPECT_FALSE(HttpClient::Open("https://127.0.0.1:1", {.ca_file = nonsense}).has_value());
}

}  // namespace
}  // namespace perigee::net
