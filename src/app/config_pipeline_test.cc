#include <chrono>

#include "app/config_testing.h"

namespace frazil::app {
namespace {

TEST(ConfigTest, PipelineJoinsSourceAndSink) {
  const auto config = Parse(WithSink("metadata: [headers]") + WithSource("brokers: b:1\ntopics: [x]\nstart: latest") +
                            R"(pipelines:
  flow:
    source: in
    sink: lake
    memory_limit_mb: 128
    lanes: 3
    take_over: old
  resting: {source: in, sink: lake, enabled: false, independent: true}
)");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->pipelines.size(), 2u);
  const auto& flow = config->pipelines[0];
  EXPECT_TRUE(flow.enabled);
  EXPECT_EQ(flow.options.name, "flow");
  EXPECT_EQ(Kafka(flow).group, "flow");
  EXPECT_TRUE(Kafka(flow).want_headers);
  EXPECT_EQ(flow.options.start.kind, source::StartAt::Kind::kLatest);
  EXPECT_EQ(flow.memory_limit, 128 << 20);
  EXPECT_EQ(flow.options.lanes, 3);
  EXPECT_EQ(flow.options.sink.take_over, "old");
  EXPECT_EQ(flow.options.sink.table.ToString(), "a.b.t");
  EXPECT_FALSE(config->pipelines[1].enabled);
  EXPECT_TRUE(config->pipelines[1].options.sink.independent);
}

TEST(ConfigErrorTest, PipelineReferences) {
  const auto errors =
      ErrorsOf(WithSink("") + WithSource("brokers: b:1\ntopics: t") +
               "pipelines:\n  p: {source: im, sink: lak}\n  q: {source: in}\n  \"a b\": {source: in, sink: lake}\n"
               "  r: {source: in, sink: lake, take_over: x, independent: true}\n");
  EXPECT_THAT(
      errors,
      AllOf(HasSubstr("pipelines.p.source: there is no source \"im\"; expected one of in"),
            HasSubstr("pipelines.p.sink: there is no sink \"lak\"; expected one of lake; did you mean \"lake\"?"),
            HasSubstr("pipelines.q: \"sink\" is missing"), HasSubstr("pipelines.a b: a name may hold"),
            HasSubstr("take_over and independent: true exclude each other")));
}

TEST(ConfigTest, Limits) {
  auto config = *Parse("limits: {http_reply_mb: 7, http_timeout_secs: 90}");
  EXPECT_EQ(config.limits.http_reply.amount(), 7 << 20);
  EXPECT_EQ(config.limits.http_timeout.time(), std::chrono::seconds(90));
  EXPECT_EQ(config.limits.metadata_file.value, Limits().metadata_file.value);
  EXPECT_EQ(config.limits.json_nesting.value, 256);
  EXPECT_THAT(ErrorsOf("limits: {json_nesting: 1001}"), HasSubstr("limits.json_nesting: expected a whole number"));
  EXPECT_THAT(ErrorsOf("limits: {http_reply_mb: 0}"), HasSubstr("limits.http_reply_mb: expected a whole number"));
  EXPECT_THAT(ErrorsOf("limits: {http_reply: 1}"), HasSubstr("did you mean \"http_reply_mb\"?"));
}

TEST(ConfigTest, LittleMemoryMakesLimitsSmall) {
  const std::string both = WithSource("brokers: b:1\ntopics: t") + WithSink("") + R"(
pipelines:
  p: {source: in, sink: lake, memory_limit_mb: 128}
)";
  EXPECT_EQ(Parse(both)->limits.http_reply.value, 16);
  EXPECT_EQ(Parse(both + "limits: {http_reply_mb: 100}")->limits.http_reply.value, 100);
}

TEST(ConfigMetricsTest, AreServedWhereThePortIsGiven) {
  EXPECT_EQ(Parse("version: \"1.0\"\n")->metrics.port, std::nullopt);
  const auto config = Parse("metrics: {port: 9464, address: 0.0.0.0, token: \"${TOKEN}\"}\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->metrics.port, 9464);
  EXPECT_EQ(config->metrics.address, "0.0.0.0");
  EXPECT_EQ(config->metrics.token.Reveal(), "hunter2");
  EXPECT_EQ(Parse("metrics: {port: 0}\n")->metrics.address, "127.0.0.1");
}

TEST(ConfigErrorTest, MetricsForOthersNeedAToken) {
  EXPECT_THAT(ErrorsOf("metrics:\n  port: 9464\n  address: 0.0.0.0\n"),
              AllOf(StartsWith("f.yaml:3: metrics.address: metrics at \"0.0.0.0\" can be read by other machines"),
                    HasSubstr("write metrics: {token: ${file:")));
  EXPECT_THAT(ErrorsOf("metrics: {port: 1, token: \"\"}\n"), HasSubstr("metrics.token: is empty"));
  EXPECT_EQ(ErrorsOf("metrics: {port: 1, address: 0.0.0.0, token: \"${NONE:-}\"}\n"),
            "f.yaml:1: metrics.token: is empty; give it a value or leave the key out");
  EXPECT_THAT(ErrorsOf("metrics: {port: 1, address: 0.0.0.0, token: \"${NONE}\"}\n"),
              AllOf(HasSubstr("variable NONE is not set"), Not(HasSubstr("other machines"))));
  EXPECT_THAT(ErrorsOf("metrics: {port: 1, token: \"${TOKEN} \"}\n"),
              AllOf(HasSubstr("metrics.token: the token of metrics holds"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(ErrorsOf("metrics: {token: t}\n"), HasSubstr("metrics: \"port\" is missing"));
  EXPECT_THAT(ErrorsOf("serve: {port: 1}\n"), HasSubstr("use metrics"));
}

}  // namespace
}  // namespace frazil::app
