#include "adapters/net/url.h"

#include <gtest/gtest.h>

namespace perigee::net {
namespace {

TEST(Url, TakesAUrlApart) {
  const auto url = ParseUrl("https://node.example:8443/v2/models?x=1");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "node.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/v2/models?x=1");
}

TEST(Url, KnowsTheUsualPortsAndIpv6) {
  EXPECT_EQ(ParseUrl("http://node")->port, 80);
  EXPECT_EQ(ParseUrl("https://[::1]")->port, 443);
  EXPECT_EQ(ParseUrl("http://[::1]:8000/")->host, "::1");
  EXPECT_EQ(HostAndPort("::1", 8000), "[::1]:8000");
}

TEST(Url, RefusesEverythingElse) {
  for (const char* text :
       {"", "node:8000", "ftp://node", "http://", "http://:80", "http://node:", "http://node:0",
        "http://node:65536", "http://node:80x", "http://node:-1", "http://a b", "http://a\n",
        "http://u@node", "http://::1", "http://[::1", "http://[::1]x", "http://node/#part"}) {
    EXPECT_FALSE(ParseUrl(text).has_value()) << text;
  }
}

TEST(Url, DoesNotRepeatAPassword) {
  EXPECT_FALSE(ParseUrl("http://me:secret@node").error().message.contains("secret"));
}

}  // namespace
}  // namespace perigee::net
