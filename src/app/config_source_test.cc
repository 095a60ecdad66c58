#include <utility>

#include "app/config_testing.h"

namespace frazil::app {
namespace {

TEST(ConfigTest, EverySourceKey) {
  const auto source = SourceOf(R"(brokers: [a:9092, "b:9092"]
topics: weather
group: g
start: latest
format: json
isolation: read_uncommitted
fetch: librdkafka
security:
  protocol: sasl_ssl
  mechanism: scram-sha-512
  username: u
  password: ${TOKEN}
  ca_location: /ca.pem
  certificate_location: /c.pem
  key_location: /k.pem
  key_password: kp
properties:
  fetch.min.bytes: 1000)");
  EXPECT_EQ(source.name, "in");
  EXPECT_EQ(Kafka(source).brokers, "a:9092,b:9092");
  EXPECT_THAT(Kafka(source).topics, ElementsAre("weather"));
  EXPECT_EQ(Kafka(source).group, "g");
  EXPECT_FALSE(Kafka(source).read_committed);
  EXPECT_EQ(Kafka(source).door, source::kafka::Door::kLibrdkafka);
  EXPECT_EQ(source.start.kind, source::StartAt::Kind::kLatest);
  EXPECT_THAT(Kafka(source).properties,
              UnorderedElementsAre(Pair("security.protocol", "SASL_SSL"), Pair("sasl.mechanism", "SCRAM-SHA-512"),
                                   Pair("sasl.username", "u"), Pair("sasl.password", "hunter2"),
                                   Pair("ssl.ca.location", "/ca.pem"), Pair("ssl.certificate.location", "/c.pem"),
                                   Pair("ssl.key.location", "/k.pem"), Pair("ssl.key.password", "kp"),
                                   Pair("fetch.min.bytes", "1000")));
}

TEST(ConfigTest, SourceDefaults) {
  const auto source = SourceOf("brokers: b:1\ntopic_pattern: ^w.*");
  EXPECT_EQ(Kafka(source).topic_pattern, "^w.*");
  EXPECT_THAT(Kafka(source).topics, IsEmpty());
  EXPECT_TRUE(Kafka(source).read_committed);
  EXPECT_EQ(Kafka(source).door, source::kafka::Door::kNative);
  EXPECT_EQ(source.start.kind, source::StartAt::Kind::kEarliest);
}

TEST(ConfigTest, StartTimestamps) {
  const auto millis = [](const std::string& text) {
    const auto start = SourceOf("brokers: b:1\ntopics: t\nstart: {timestamp: " + text + "}").start;
    EXPECT_EQ(start.kind, source::StartAt::Kind::kTimestamp);
    return start.timestamp_ms;
  };
  EXPECT_EQ(millis("1767880800123"), 1767880800123);
  EXPECT_EQ(millis("2026-01-08T14:00:00.123Z"), 1767880800123);
  EXPECT_EQ(millis("2026-01-08T15:00:00+01:00"), 1767880800000);
  EXPECT_EQ(millis("2026-01-08 14:00:00"), 1767880800000);
  EXPECT_EQ(millis("2026-01-08"), 1767830400000);
  for (const auto* bad : {"1767880800", "yesterday", "-5", "2026-13-01"}) {
    EXPECT_THAT(ErrorsOf(WithSource(std::string("brokers: b:1\ntopics: t\nstart: {timestamp: \"") + bad + "\"}")),
                AllOf(StartsWith("f.yaml:8: sources.in.config.start.timestamp: "), HasSubstr("ISO 8601")))
        << bad;
  }
}

TEST(ConfigErrorTest, WrongSourceValues) {
  const std::pair<const char*, const char*> kCases[] = {
      {"topics: t", "\"brokers\" is missing"},
      {"brokers: b:1", "\"topics\" is missing"},
      {"brokers: b:1\ntopics: []", "the list is empty"},
      {"brokers: b:1\ntopics: t\ntopic_pattern: x", "exclude each other"},
      {"brokers: b:1\ntopics: t\nstart: begin", "expected one of earliest, latest, found \"begin\""},
      {"brokers: b:1\ntopics: t\nstart: {time: 1}", "did you mean \"timestamp\"?"},
      {"brokers: b:1\ntopics: t\nsecurity: {protocol: TLS}", "expected one of PLAINTEXT, SSL"},
      {"brokers: b:1\ntopics: t\nsecurity: {user: a}", "did you mean \"username\"?"},
      {"brokers: b:1\ntopics: t\nsecurity: {username: a}\nproperties: {sasl.username: b}",
       "stands in properties as \"sasl.username\" too"},
  };
  for (const auto& [keys, expected] : kCases) EXPECT_THAT(ErrorsOf(WithSource(keys)), HasSubstr(expected)) << keys;
}

TEST(ConfigErrorTest, AnUnknownFormatIsToldWithAllThereAreAndTheNearest) {
  EXPECT_EQ(SourceOf("brokers: b:1\ntopics: t\nformat: json").format->name(), "json");
  EXPECT_EQ(SourceOf("brokers: b:1\ntopics: t").format->name(), "json");
  EXPECT_EQ(ErrorsOf(WithSource("brokers: b:1\ntopics: t\nformat: jsno")),
            "f.yaml:8: sources.in.config.format: expected one of json, avro, found \"jsno\"; did you mean \"json\"?");
}

TEST(ConfigErrorTest, AvroWantsTheSchemasOfItsWriters) {
  const auto error = [](const std::string& keys) { return ErrorsOf(WithSource("brokers: b:1\ntopics: t\n" + keys)); };
  const std::string registry = "format: avro\nschema_registry: ";
  EXPECT_EQ(SourceOf("brokers: b:1\ntopics: t\n" + registry + "{url: 'https://r'}").format->name(), "avro");
  EXPECT_THAT(error("format: avro"), AllOf(HasSubstr("schema_registry: {url: …}"), HasSubstr("schema_file")));
  EXPECT_THAT(error("format: avro\nschema_file: /nowhere.avsc"), HasSubstr("schema_file /nowhere.avsc: "));
  EXPECT_THAT(error(registry + "{url: 'https://r'}\nschema_file: /x"), HasSubstr("keep one of them"));
  EXPECT_THAT(error("schema_registry: {url: 'https://r'}"), HasSubstr("json payloads name their fields themselves"));
  EXPECT_THAT(error(registry + "{}"), HasSubstr("\"url\" is missing"));
  EXPECT_THAT(error(registry + "{url: r:8081}"), HasSubstr("expected an http or https URL"));
  EXPECT_THAT(error(registry + "{url: 'https://u:p@r'}"), HasSubstr("use username and password"));
  EXPECT_THAT(error(registry + "{url: 'https://r', username: u}"), HasSubstr("go together"));
  EXPECT_THAT(error(registry + "{url: 'https://r', username: u, password: p, token: t}"), HasSubstr("keep one"));
  EXPECT_THAT(error(registry + "{url: 'https://r', ca_location: /dev/null}"), HasSubstr("/dev/null is "));
  EXPECT_THAT(error(registry + "{url: 'https://r', pasword: p}"), HasSubstr("did you mean \"password\"?"));
}

}  // namespace
}  // namespace frazil::app
