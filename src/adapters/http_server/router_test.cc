#include "adapters/http_server/router.h"

#include <gtest/gtest.h>

namespace perigee::http_server {
namespace {

Router Sample() {
  Router router;
  const auto nothing = [](Exchange) {};
  router.Add("GET", "/", nothing);
  router.Add("GET", "/v2/models/stats", nothing);
  router.Add("GET", "/v2/models/{model}", nothing);
  router.Add("POST", "/v1/models/{model}/versions/{version}:predict", nothing);
  return router;
}

TEST(Router, FillsTheValuesOfAPath) {
  const Router router = Sample();
  const auto match = router.Find("POST", "/v1/models/model_emotion/versions/4:predict");
  ASSERT_NE(match.handler, nullptr);
  EXPECT_EQ(match.path.at("model"), "model_emotion");
  EXPECT_EQ(match.path.at("version"), "4");
}

TEST(Router, TakesALiteralBeforeAName) {
  const Router router = Sample();
  EXPECT_TRUE(router.Find("GET", "/v2/models/stats").path.empty());
  EXPECT_EQ(router.Find("GET", "/v2/models/a%20b/").path.at("model"), "a b");
}

TEST(Router, TellsTheMethodsOfAPath) {
  const Router router = Sample();
  const auto match = router.Find("DELETE", "/v2/models/emotion");
  EXPECT_EQ(match.handler, nullptr);
  EXPECT_EQ(match.allow, "GET");
}

TEST(Router, KnowsNoOtherPath) {
  const Router router = Sample();
  for (const char* path : {"", "x", "//", "/v2", "/v2/models", "/v1/models/m/versions/:predict",
                           "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s"}) {
    const auto match = router.Find("GET", path);
    EXPECT_TRUE(match.handler == nullptr && match.allow.empty()) << path;
  }
  EXPECT_NE(router.Find("GET", "/").handler, nullptr);
  EXPECT_NE(router.Find("HEAD", "/").handler, nullptr);
}

}  // namespace
}  // namespace perigee::http_server
