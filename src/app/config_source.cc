// `sources.<name>`: where records come from.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_sections.h"
#include "app/moment.h"
#include "common/text/ascii_case.h"
#include "common/text/url.h"
#include "io/whole_file.h"

namespace frazil::app {
namespace {

using source::StartAt;

std::string Joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ",")); }

StartAt ReadStart(YamlMap& config) {
  StartAt start;
  if (config.IsMap("start")) {
    auto map = *config.Map("start");
    map.Require("timestamp", "start is earliest, latest, or {timestamp: …}");
    if (const auto text = map.Text("timestamp")) {
      const auto millis = ParseMoment(*text);
      if (!millis) {
        map.Add("timestamp", fmt::format("expected {}", kMomentForm));
      }
      start = {StartAt::Kind::kTimestamp, millis.value_or(0)};
    }
    map.Finish();
    return start;
  }
  start.kind =
      config
          .OneOf<StartAt::Kind>("start", {{"earliest", StartAt::Kind::kEarliest}, {"latest", StartAt::Kind::kLatest}},
                                {{"timestamp", "write start: {timestamp: 2026-01-08T14:00:00Z}"}})
          .value_or(StartAt::Kind::kEarliest);
  return start;
}

// `security:` is a plain spelling of librdkafka's own keys; `properties:` may hold any other of them.
void ReadSecurity(YamlMap& security, std::map<std::string, std::string>& properties) {
  struct Key {
    std::string_view ours;
    const char* librdkafka;
  };
  constexpr Key kTexts[] = {
      {"username", "sasl.username"},        {"password", "sasl.password"},
      {"ca_location", "ssl.ca.location"},   {"certificate_location", "ssl.certificate.location"},
      {"key_location", "ssl.key.location"}, {"key_password", "ssl.key.password"},
  };
  const auto set = [&](std::string_view ours, const std::string& key, const std::string& value) {
    if (!properties.emplace(key, value).second) {
      security.Add(ours, fmt::format("stands in properties as \"{}\" too; keep one of them", key));
    }
  };
  const auto one_of = [&](std::string_view ours, const char* key, std::initializer_list<std::string_view> words) {
    const auto text = security.Text(ours);
    if (!text) return;
    const std::string upper = Upper(*text);
    if (std::find(words.begin(), words.end(), upper) != words.end()) return set(ours, key, upper);
    security.Add(ours, fmt::format("expected one of {}", fmt::join(words, ", ")));
  };
  one_of("protocol", "security.protocol", {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"});
  one_of("mechanism", "sasl.mechanism", {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"});
  for (const auto& [ours, key] : kTexts) {
    if (const auto text = security.Text(ours)) set(ours, key, *text);
  }
  security.Finish();
}

decode::SchemaRegistryOptions ReadRegistry(YamlMap& map) {
  decode::SchemaRegistryOptions options;
  map.Require("url", "the registry's address, as https://host:port");
  options.url = map.Text("url").value_or("");
  if (map.Has("url") && !OriginOf(options.url)) map.Add("url", "expected an http or https URL");
  if (HasUserInfo(options.url)) ReportUserInfo(map, "url", "use username and password");
  options.username = map.Text("username").value_or("");
  options.password = map.Text("password").value_or("");
  options.token = map.Text("token").value_or("");
  if (map.Has("username") != map.Has("password")) {
    map.Add(map.Has("username") ? "username" : "password", "username and password go together");
  }
  if (map.Has("token") && map.Has("username")) map.Add("token", "token and username exclude each other; keep one");
  options.ca_location = map.Text("ca_location").value_or("");
  if (map.Has("ca_location")) {
    if (const Status file = io::CheckIsFileOrDirectory(options.ca_location); !file) {
      map.Add("ca_location", file.error().message);
    }
  }
  map.Finish();
  return options;
}

void ReadFormat(YamlMap& config, SourceConfig& source) {
  const auto names = decode::FormatNames();
  const std::string instead = fmt::format("use {}", fmt::join(names, " or "));
  std::vector<Unsupported> to_come;
  for (const std::string_view name : decode::FormatsToCome()) to_come.push_back({name, instead});
  const auto name = config.Word("format", names, to_come);
  decode::FormatSettings settings;
  settings.name = name.value_or(std::string(source.format->name()));
  settings.schema_file = config.Text("schema_file").value_or("");
  if (auto registry = config.Map("schema_registry")) settings.registry = ReadRegistry(*registry);
  if (config.Has("format") && !name) return;
  const auto format = decode::OpenFormat(settings);
  if (!format) return config.Add("format", format.error().message);
  source.format = *format;
}

void ReadKafka(YamlMap& config, SourceConfig& source) {
  source::kafka::Options kafka;
  config.Require("brokers", "the brokers to begin with, as host:port");
  kafka.brokers = Joined(config.Texts("brokers"));
  if (kafka.brokers.find('@') != std::string::npos) {
    ReportUserInfo(config, "brokers", "use security: username, password");
  }
  kafka.topics = config.Texts("topics");
  kafka.topic_pattern = config.Text("topic_pattern").value_or("");
  if (config.Has("topics") && config.Has("topic_pattern")) {
    config.Add("topic_pattern", "topics and topic_pattern exclude each other; keep one of them");
  }
  if (!config.Has("topics") && !config.Has("topic_pattern")) {
    config.Require("topics", "a topic or a list of topics; or topic_pattern: a regular expression");
  }
  if (config.IsList("topics") && kafka.topics.empty()) config.Add("topics", "the list is empty");
  kafka.group = config.Text("group").value_or("");
  source.start = ReadStart(config);
  using ingest::OnLostRecords;
  source.on_lost_records =
      config.OneOf<OnLostRecords>("on_lost_records", {{"stop", OnLostRecords::kStop}, {"skip", OnLostRecords::kSkip}})
          .value_or(source.on_lost_records);
  ReadFormat(config, source);
  kafka.read_committed =
      config.OneOf<bool>("isolation", {{"read_committed", true}, {"read_uncommitted", false}}).value_or(true);
  kafka.door = config
                   .OneOf<source::kafka::Door>("fetch", {{"native", source::kafka::Door::kNative},
                                                         {"librdkafka", source::kafka::Door::kLibrdkafka}})
                   .value_or(source::kafka::Door::kNative);
  kafka.properties = config.TextMap("properties");
  if (auto security = config.Map("security")) ReadSecurity(*security, kafka.properties);
  for (const char* key : {"ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.crl.location",
                          "ssl.keystore.location"}) {
    const auto named = kafka.properties.find(key);
    if (named == kafka.properties.end()) continue;
    if (const Status file = io::CheckIsFileOrDirectory(named->second); !file) {
      config.Add(config.Has("security") ? "security" : "properties", file.error().message);
    }
  }
  config.NotYet({{"envelope", ""}, {"csv", ""}, {"protobuf", ""}, {"avro", "use schema_registry or schema_file"}});
  config.Finish(KnownPlaces());
  source.reads = std::move(kafka);
}

}  // namespace

SourceConfig ReadSource(YamlMap& source, const std::string& name) {
  SourceConfig read;
  read.name = name;
  source.Require("connector", "kafka");
  using ReadKind = void (*)(YamlMap & config, SourceConfig & read);
  const auto read_kind =
      source.OneOf<ReadKind>("connector", {{"kafka", ReadKafka}},
                             {{"postgres-cdc", "use kafka"}, {"mysql-cdc", "use kafka"}, {"http", "use kafka"}});
  if (source.Has("connector") && !read_kind) return read;  // its other keys mean something else
  source.Require("config", "a map with brokers and topics");
  if (auto config = source.Map("config")) read_kind.value_or(ReadKafka)(*config, read);
  source.NotYet({{"streams", ""}});
  source.Finish(KnownPlaces());
  return read;
}

}  // namespace frazil::app
