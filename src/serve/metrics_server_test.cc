#include "serve/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>

#include "common/metrics.h"

namespace frazil::serve {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

Health Healthy() { return {}; }

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
  std::atomic<Health::State> state = Health::State::kOk;
  const auto server = MetricsServer::Start({}, [&] { return Health{state, "the broker is \"away\""}; });
  ASSERT_TRUE(server) << server.error().message;
  httplib::Client client("127.0.0.1", (*server)->port());
  EXPECT_EQ(client.Get("/health")->status, 200);
  EXPECT_EQ(client.Get("/health")->body, "{\"status\":\"ok\"}\n");
  state = Health::State::kRetrying;
  EXPECT_EQ(client.Get("/health")->status, 200) << "to start the process again would not help";
  EXPECT_EQ(client.Get("/health")->body, "{\"status\":\"retrying\",\"error\":\"the broker is \\\"away\\\"\"}\n");
  state = Health::State::kFailed;
  EXPECT_EQ(client.Get("/health")->status, 503);
  EXPECT_EQ(client.Get("/health")->body, "{\"status\":\"failed\",\"error\":\"the broker is \\\"away\\\"\"}\n");
}

httplib::Headers Bearing(const std::string& token) { return {{"Authorization", token}}; }

TEST(MetricsServerTest, ATokenIsAskedForByAllButHealth) {
  const auto server = MetricsServer::Start({.token = "s3cret.token"}, Healthy);
  ASSERT_TRUE(server) << server.error().message;
  httplib::Client client("127.0.0.1", (*server)->port());
  for (const char* sent : {"", "Bearer", "Bearer ", "Bearer s3cret.toke", "Bearer s3cret.tokem", "Bearer s3cret.token2",
                           "Bearer  s3cret.token", "Basic s3cret.token", "s3cret.token"}) {
    for (const char* path : {"/metrics", "/nothing", "/metrics/", "//metrics"}) {
      const auto answer = client.Get(path, Bearing(sent));
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 401) << path << " with " << sent;
      EXPECT_EQ(answer->get_header_value("WWW-Authenticate"), "Bearer realm=\"frazil\"");
      EXPECT_THAT(answer->body, Not(AnyOf(HasSubstr("frazil_"), HasSubstr("s3cret"))));
    }
  }
  EXPECT_EQ(client.Get("/metrics")->status, 401);
  EXPECT_EQ(client.Post("/metrics", "x", "text/plain")->status, 401);
  EXPECT_EQ(client.Get("/metrics", Bearing("Bearer s3cret.token"))->status, 200);
  EXPECT_EQ(client.Get("/metrics", Bearing("bearer s3cret.token"))->status, 200) << "a scheme has no case";
  EXPECT_EQ(client.Get("/nothing", Bearing("Bearer s3cret.token"))->status, 404);
}

TEST(MetricsServerTest, HealthTellsDetailsOnlyForTheToken) {
  const auto server = MetricsServer::Start({.token = "t"}, [] {
    return Health{Health::State::kFailed, "the broker is away"};
  });
  ASSERT_TRUE(server) << server.error().message;
  httplib::Client client("127.0.0.1", (*server)->port());
  for (const char* sent : {"", "Bearer x"}) {
    const auto answer = client.Get("/health", Bearing(sent));
    EXPECT_EQ(answer->status, 503) << "a probe must not fail for want of a token";
    EXPECT_EQ(answer->body, "{\"status\":\"failed\"}\n");
  }
  EXPECT_EQ(client.Get("/health", Bearing("Bearer t"))->body,
            "{\"status\":\"failed\",\"error\":\"the broker is away\"}\n");
}

TEST(MetricsServerTest, TakesNoLoadFromStrangers) {
  const auto server = MetricsServer::Start({}, Healthy);
  ASSERT_TRUE(server) << server.error().message;
  httplib::Client client("127.0.0.1", (*server)->port());
  const auto answer = client.Post("/metrics", std::string(1 << 20, 'x'), "text/plain");
  EXPECT_TRUE(!answer || answer->status == 405) << answer->status;
  EXPECT_EQ(client.Post("/metrics", "x", "text/plain")->status, 405);
  EXPECT_EQ(client.Head("/metrics")->status, 200);
  EXPECT_EQ(client.Get("/health")->status, 200);
}

TEST(MetricsServerTest, OthersThanThisMachineNeedAToken) {
  for (const char* own : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
    EXPECT_TRUE(CheckAccess({.address = own})) << own;
  }
  for (const char* open :
       {"0.0.0.0", "::", "", "10.0.0.1", "metrics.example.com", "127.0.0.1.example.com", "::ffff:1.2.3.4"}) {
    const auto refused = MetricsServer::Start({.address = open}, Healthy);
    ASSERT_FALSE(refused) << open;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr(open), HasSubstr("token: ${file:")));
    EXPECT_TRUE(CheckAccess({.address = open, .token = "t"})) << open;
  }
}

TEST(MetricsServerTest, RefusesATokenThatNoClientCanSend) {
  for (const char* token : {"two words", "line\nbreak", "k\xc3\xb6nig", "a,b"}) {
    const auto refused = CheckAccess({.token = token});
    ASSERT_FALSE(refused) << token;
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("openssl rand"), Not(HasSubstr(token)))) << token;
  }
}

TEST(MetricsServerTest, NamesAnAddressThatCannotBeHad) {
  const auto foreign = MetricsServer::Start({.address = "192.0.2.1", .port = 9999, .token = "t"}, Healthy);
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
