// `sources.<name>`: where records come from.
#include <fmt/format.h>

#include "app/config_sections.h"
#include "app/moment.h"
#include "common/text/url.h"
#include "io/whole_file.h"

namespace frazil::app {
namespace {

using ingest::OnLostRecords;
using source::StartAt;
using source::kafka::Door;

// What `config` of a Kafka source says.
struct KafkaSource {
  source::kafka::Options options;
  StartAt start;
  OnLostRecords on_lost_records = SourceConfig().on_lost_records;
  decode::FormatSettings format = {std::string(decode::DefaultFormat()->name())};
};

Status ParseStart(StartAt& start, const std::string& text) {
  const auto millis = ParseMoment(text);
  if (!millis) return Fail(ErrorKind::kInvalidArgument, "expected {}", kMomentForm);
  start = {StartAt::Kind::kTimestamp, *millis};
  return {};
}

const Section<StartAt>& MomentKeys() {
  static const auto keys =
      Section<StartAt>("source")
          .Parsed("timestamp", ParseStart, "an ISO 8601 date or time (without a zone: UTC), or milliseconds since 1970")
          .Required("start is earliest, latest, or {timestamp: …}");
  return keys;
}

// A word, or a moment.
void ReadStart(const Key& key, YamlMap& config, KafkaSource& kafka) {
  if (config.IsMap(key.name)) {
    auto moment = *config.Map(key.name);
    return MomentKeys().Read(moment, kafka.start);
  }
  const auto word = config.Word(key.name, key.words, key.refused);
  if (word == "latest") kafka.start.kind = StartAt::Kind::kLatest;
}

void CheckRegistry(YamlMap& map, decode::SchemaRegistryOptions& options) {
  if (map.Has("url") && !OriginOf(options.url)) map.Add("url", "expected an http or https URL");
  if (HasUserInfo(options.url)) ReportUserInfo(map, "url", "use username and password");
  if (map.Has("username") != map.Has("password")) {
    map.Add(map.Has("username") ? "username" : "password", "username and password go together");
  }
  if (map.Has("token") && map.Has("username")) map.Add("token", "token and username exclude each other; keep one");
  if (map.Has("ca_location")) ReportNoFile(map, "ca_location", options.ca_location);
}

const Section<decode::SchemaRegistryOptions>& RegistryKeys() {
  using decode::SchemaRegistryOptions;
  static const auto keys =
      Section<SchemaRegistryOptions>("decode")
          .Text("url", &SchemaRegistryOptions::url, "the registry's address, as `https://host:port`")
          .Required("the registry's address, as https://host:port")
          .Pattern("^https?://.")
          .Text("username", &SchemaRegistryOptions::username, "together with `password`")
          .Text("password", &SchemaRegistryOptions::password, "of that user")
          .Text("token", &SchemaRegistryOptions::token, "a bearer token, instead of these two")
          .Text("ca_location", &SchemaRegistryOptions::ca_location, "a file or folder of PEM")
          .Otherwise("the system's")
          .Rule(CheckRegistry);
  return keys;
}

Key FormatKey() {
  static const std::string instead = fmt::format("use {}", fmt::join(decode::FormatNames(), " or "));
  Key key{.name = "format",
          .about = "of the payloads: [`json`](json.md) or [`avro`](avro.md)",
          .fallback = KafkaSource().format.name,
          .words = decode::FormatNames()};
  for (const std::string_view name : decode::FormatsToCome()) key.refused.push_back({name, instead});
  return key;
}

void ReadFormat(const Key& key, YamlMap& config, KafkaSource& kafka) {
  if (auto name = config.Word(key.name, key.words, key.refused)) kafka.format.name = *std::move(name);
}

void ReadBrokers(const Key& key, YamlMap& config, KafkaSource& kafka) {
  kafka.options.brokers = fmt::format("{}", fmt::join(config.Texts(key.name), ","));
  if (kafka.options.brokers.find('@') != std::string::npos) {
    ReportUserInfo(config, key.name, "use security: username, password");
  }
}

void CheckTopics(YamlMap& config, KafkaSource& kafka) {
  if (config.Has("topics") && config.Has("topic_pattern")) {
    config.Add("topic_pattern", "topics and topic_pattern exclude each other; keep one of them");
  }
  if (!config.Has("topics") && !config.Has("topic_pattern")) {
    config.Require("topics", "a topic or a list of topics; or topic_pattern: a regular expression");
  }
  if (config.IsList("topics") && kafka.options.topics.empty()) config.Add("topics", "the list is empty");
}

void CheckFiles(YamlMap& config, KafkaSource& kafka) {
  for (const char* key : {"ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.crl.location",
                          "ssl.keystore.location"}) {
    const auto named = kafka.options.properties.find(key);
    if (named == kafka.options.properties.end()) continue;
    ReportNoFile(config, config.Has("security") ? "security" : "properties", named->second);
  }
}

const Section<KafkaSource>& KafkaKeys() {
  using source::kafka::Options;
  static const auto options =
      Section<Options>("source")
          .Texts("topics", &Options::topics, "a topic or a list of topics")
          .Otherwise("this or `topic_pattern`")
          .Text("topic_pattern", &Options::topic_pattern,
                "a regular expression; begin it with `^`, as librdkafka wants it. Topics that match may come and go "
                "while the pipeline runs: a new one is read from its first record on (found within 30 s: `properties: "
                "{topic.metadata.refresh.interval.ms: …}`), a deleted one is let go")
          .Otherwise("this or `topics`")
          .Text("group", &Options::group,
                "consumer group, which shares partitions between processes and mirrors offsets for lag tools. All "
                "processes of a group feed one table: a start, and `check`, refuse a group in which another table is "
                "fed by a live process, which tells its members' `client.id` (`frazil/NAMESPACE.TABLE/UUID`; with a "
                "`client.id` of your own under `properties` it is not told)")
          .Otherwise("the pipeline's name")
          .Word("isolation", &Options::read_committed, {{"read_committed", true}, {"read_uncommitted", false}},
                "`read_uncommitted` also reads what transactions abort or have not ended")
          .Word("fetch", &Options::door, {{"native", Door::kNative}, {"librdkafka", Door::kLibrdkafka}},
                "`librdkafka` fetches records by that library instead, at about a third of the speed. Frazil does so "
                "by itself, and says so, where the broker (before Kafka 2.7) or the security mechanism (GSSAPI, key "
                "stores) is unknown to its own path")
          .TextMap("properties", &Options::properties,
                   "any other key of librdkafka, except those that exactly-once needs for itself (`group.id`, "
                   "`enable.auto.commit`, …), which are refused")
          .Map("security", &Options::properties, SecurityKeys(), "[who asks, and how](#security)");
  static const auto keys =
      Section<KafkaSource>("source")
          .Add({.type = Key::Type::kTexts,
                .name = "brokers",
                .about = "`host:port`, several by commas or as a list",
                .missing = "the brokers to begin with, as host:port"},
               ReadBrokers)
          .With(&KafkaSource::options, options)
          .Add({.name = "start",
                .about = "where partitions begin that the table knows nothing of: `earliest`, `latest`, or "
                         "`{timestamp: …}` with an ISO 8601 date or time (without a zone: UTC) or milliseconds since "
                         "1970. The table's own offsets go before it",
                .fallback = "earliest",
                .words = {"earliest", "latest"},
                .refused = {{"timestamp", "write start: {timestamp: 2026-01-08T14:00:00Z}"}},
                .below = &MomentKeys()},
               ReadStart)
          .Word("on_lost_records", &KafkaSource::on_lost_records,
                {{"stop", OnLostRecords::kStop}, {"skip", OnLostRecords::kSkip}},
                "when retention has deleted records that were not read yet: `stop` ends the pipeline and says which; "
                "`skip` goes on where the log begins, with a warning that names them, counted as skipped in the "
                "table's offsets and as `lost` in the metrics")
          .Add(FormatKey(), ReadFormat)
          .Text(
              "schema_file", [](KafkaSource & kafka) -> auto& { return kafka.format.schema_file; },
              "with `avro`, instead of a registry: a file with the one schema of all payloads")
          .Map(
              "schema_registry", [](KafkaSource & kafka) -> auto& { return kafka.format.registry.emplace(); },
              RegistryKeys(), "with `avro`: where the schemas are that payloads name by number, [see there](avro.md)")
          .Rule(CheckTopics)
          .Rule(CheckFiles)
          .NotYet({{"envelope", ""}, {"csv", ""}, {"protobuf", ""}, {"avro", "use schema_registry or schema_file"}})
          .Instead({{"bootstrap_servers", "write brokers: HOST:PORT"},
                    {"bootstrap.servers", "write brokers: HOST:PORT"},
                    {"consumer_group", "write group: NAME"},
                    {"group_id", "write group: NAME"},
                    {"start_offset", "write start: earliest, latest or {timestamp: …}"},
                    {"auto_offset_reset", "write start: earliest, latest or {timestamp: …}"},
                    {"security_protocol", "write security: {protocol: …}"},
                    {"sasl_mechanism", "write security: {mechanism: …}"},
                    {"rate_limit", "leave it out and give the consumer a quota at the broker (consumer_byte_rate)"}});
  return keys;
}

void ReadKafka(const Key& key, YamlMap& map, SourceConfig& source) {
  auto config = map.Map(key.name);
  if (!config) return;
  KafkaSource kafka;
  KafkaKeys().Read(*config, kafka);
  source.reads = std::move(kafka.options);
  source.start = kafka.start;
  source.on_lost_records = kafka.on_lost_records;
  if (config->Has("format") && !config->Sound("format")) return;
  const auto format = decode::OpenFormat(kafka.format);
  if (!format) return config->Add("format", format.error().message);
  source.format = *format;
}

}  // namespace

const Section<SourceConfig>& SourceKeys() {
  static const auto kafka = Section<SourceConfig>("source")
                                .Add({.type = Key::Type::kMap,
                                      .name = "config",
                                      .about = "what of Kafka is read",
                                      .missing = "a map with brokers and topics",
                                      .below = &KafkaKeys()},
                                     ReadKafka)
                                .NotYet({{"streams", ""}})
                                .Instead({{"topic", "write topics: [NAME] into config"}});
  static const auto keys =
      Section<SourceConfig>("source")
          .Kinds("connector", {{"kafka", &kafka}}, "what kind of source it is")
          .Required("kafka")
          .RefusedWords({{"postgres-cdc", "use kafka"}, {"mysql-cdc", "use kafka"}, {"http", "use kafka"}});
  return keys;
}

}  // namespace frazil::app
