#include "serve/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>

#include "common/metrics.h"

namespace frazil::serve {
namespace {

using testing::HasSubstr;

Status Healthy() { return {}; }

TEST(MetricsServerTest, ServesMetrics) {
  const auto server = MetricsServer::Start({}, Healthy);
  ASSERT_TRUE(server) << server.error().message;
  metrics::Pipeline("p", "a.t").FetchedBytes(7);
  httplib::Client client("127.0.0.1", (*server)->port());
  const auto answer = client.Get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answer->body, HasSubstr(R"(frazil_fetch_bytes_total{pipeline="p",table="a.t"} 7)"));
  EXPECT_EQ(client.Get("/nothing")->status, 404);
}

TEST(MetricsServerTest, HealthSaysWhatFailed) {
  std::atomic<bool> good = true;
  const auto server = MetricsServer::Start({}, [&]() -> Status {
    if (good) return {};
    return Fail(ErrorKind::kUnavailable, "the broker is \"away\"");
  });
  ASSERT_TRUE(server) << server.error().message;
  httplib::Client client("127.0.0.1", (*server)->port());
  EXPECT_EQ(client.Get("/health")->status, 200);
  EXPECT_EQ(client.Get("/health")->body, "{\"status\":\"ok\"}\n");
  good = false;
  EXPECT_EQ(client.Get("/health")->status, 503);
  EXPECT_EQ(client.Get("/health")->body, "{\"status\":\"failed\",\"error\":\"the broker is \\\"away\\\"\"}\n");
}

TEST(MetricsServerTest, NamesAnAddressThatCannotBeHad) {
  const auto foreign = MetricsServer::Start({.address = "192.0.2.1", .port = 9999}, Healthy);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(foreign.error().message, HasSubstr("cannot serve metrics at 192.0.2.1:9999"));
}

TEST(MetricsServerTest, StopsWithAConnectionOpenAndGivesThePortBack) {
  int port = 0;
  {
    const auto server = MetricsServer::Start({}, Healthy);
    ASSERT_TRUE(server) << server.error().message;
    port = (*server)->port();
    httplib::Client client("127.0.0.1", port);
    client.set_keep_alive(true);
    EXPECT_EQ(client.Get("/health")->status, 200);
  }
  const auto again = MetricsServer::Start({.address = "127.0.0.1", .port = port}, Healthy);
  EXPECT_TRUE(again) << again.error().message;
}

}  // namespace
}  // namespace frazil::serve
