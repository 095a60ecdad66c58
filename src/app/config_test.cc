#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"
#include "iceberg/type_text.h"

namespace frazil::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

std::optional<std::string> Lookup(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {{"TOKEN", "hunter2"}, {"SECS", "30"}};
  const auto it = kVariables.find(name);
  return it == kVariables.end() ? std::nullopt : std::optional(it->second);
}

Result<Config> Parse(const std::string& text) { return ParseConfig(text, "f.yaml", Lookup); }

std::string ErrorsOf(const std::string& text) {
  const auto config = Parse(text);
  if (config) return "parsed";
  EXPECT_EQ(config.error().kind, ErrorKind::kInvalidArgument);
  return config.error().message;
}

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Lines of one map, moved to the right column.
std::string Indented(std::string_view text, int spaces) {
  std::string out(static_cast<size_t>(spaces), ' ');
  for (const char c : text) {
    out.push_back(c);
    if (c == '\n') out.append(static_cast<size_t>(spaces), ' ');
  }
  return out + "\n";
}

// A sink whose keys begin in line 12.
std::string WithSink(std::string_view keys) {
  return R"(version: "1.0"
sinks:
  lake:
    connector: iceberg
    config:
      catalog:
        type: memory
        warehouse: /tmp/w
      namespace: a.b
      table: t
      # next line: 12
)" + Indented(keys, 6);
}

// A source whose keys begin in line 6.
std::string WithSource(std::string_view keys) {
  return R"(sources:
  in:
    connector: kafka
    config:
      # next line: 6
)" + Indented(keys, 6);
}

// A catalog whose keys begin in line 8.
std::string WithCatalog(std::string_view keys) {
  return R"(sinks:
  lake:
    connector: iceberg
    config:
      namespace: a
      table: t
      catalog:
)" + Indented(keys, 8);
}

const source::kafka::Options& Kafka(const SourceConfig& source) {
  return std::get<source::kafka::Options>(source.reads);
}
const source::kafka::Options& Kafka(const PipelineConfig& pipeline) {
  return std::get<source::kafka::Options>(pipeline.reads);
}

ingest::SinkOptions SinkOf(std::string_view keys) {
  const auto config = Parse(WithSink(keys));
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? config->sinks.at(0).options : ingest::SinkOptions{};
}

SourceConfig SourceOf(std::string_view keys) {
  const auto config = Parse(WithSource(keys));
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? config->sources.at(0) : SourceConfig{};
}

TEST(ConfigTest, SinkDefaults) {
  const auto sink = SinkOf("");
  EXPECT_EQ(sink.table.ToString(), "a.b.t");
  EXPECT_EQ(sink.batch_size, 10000);
  EXPECT_EQ(sink.flush_interval, std::chrono::seconds(60));
  EXPECT_EQ(sink.target_file_size, 128 << 20);
  EXPECT_EQ(sink.min_commit_interval, std::chrono::seconds(1));
  EXPECT_EQ(sink.offset_flush, std::chrono::minutes(10));
  EXPECT_EQ(sink.compression, parquet::Compression::kSnappy);
  EXPECT_EQ(sink.partition_by, std::nullopt);
  EXPECT_TRUE(sink.decoder.add_columns);
  EXPECT_EQ(sink.decoder.max_columns, 1000);
  EXPECT_EQ(sink.decoder.max_nested_lists, 16);
  EXPECT_EQ(sink.decoder.time_unit, decode::EpochUnit::kMillis);
  EXPECT_FALSE(sink.decoder.infer_time);
  EXPECT_EQ(sink.delivery, ingest::Delivery::kExactlyOnce);
  EXPECT_EQ(sink.on_bad_record, ingest::OnBadRecord::kFail);
  EXPECT_EQ(sink.on_rollback, ingest::OnRollback::kStop);
}

TEST(ConfigTest, EverySinkKey) {
  const auto sink = SinkOf(R"(batch_size: 50000
flush_interval_secs: ${SECS}
target_file_size_mb: 256
min_commit_interval_ms: 250
offset_flush_secs: 5
compression: zstd
partitioning: bucket
partition_fields: [user_id, city]
num_buckets: 64
time_granularity: hour
commit_mode: append
schema_evolution: strict
max_columns: 50
max_nested_lists: 3
time_unit: microseconds
infer_time: true
delivery: at_least_once
on_bad_record: skip
on_rollback: reingest
metadata: [offset, headers]
schema:
  - name: user_id
    type: long
    required: true
    doc: who
  - {name: tags, type: "list<struct<k: string, v: decimal(9, 2)>>"})");
  EXPECT_EQ(sink.batch_size, 50000);
  EXPECT_EQ(sink.flush_interval, std::chrono::seconds(30));
  EXPECT_EQ(sink.target_file_size, 256 << 20);
  EXPECT_EQ(sink.min_commit_interval, std::chrono::milliseconds(250));
  EXPECT_EQ(sink.offset_flush, std::chrono::seconds(5));
  EXPECT_EQ(sink.compression, parquet::Compression::kZstd);
  const auto bucket = iceberg::Transform::Parse("bucket[64]");
  ASSERT_TRUE(sink.partition_by.has_value());
  EXPECT_THAT(*sink.partition_by,
              ElementsAre(iceberg::TransformTerm{"user_id", bucket}, iceberg::TransformTerm{"city", bucket}));
  EXPECT_FALSE(sink.decoder.add_columns);
  EXPECT_EQ(sink.decoder.max_columns, 50);
  EXPECT_EQ(sink.decoder.max_nested_lists, 3);
  EXPECT_EQ(sink.decoder.time_unit, decode::EpochUnit::kMicros);
  EXPECT_TRUE(sink.decoder.infer_time);
  EXPECT_THAT(sink.decoder.metadata, ElementsAre(decode::MetadataColumn::kOffset, decode::MetadataColumn::kHeaders));
  EXPECT_EQ(sink.delivery, ingest::Delivery::kAtLeastOnce);
  EXPECT_EQ(sink.on_bad_record, ingest::OnBadRecord::kSkip);
  EXPECT_EQ(sink.on_rollback, ingest::OnRollback::kReingest);
  ASSERT_EQ(sink.schema.size(), 2u);
  EXPECT_EQ(sink.schema[0].name, "user_id");
  EXPECT_TRUE(sink.schema[0].required);
  EXPECT_EQ(sink.schema[0].doc, "who");
  EXPECT_EQ(iceberg::TypeText(*sink.schema[1].type), "list<struct<k: string, v: decimal(9, 2)>>");
}

TEST(ConfigTest, EveryCompression) {
  EXPECT_EQ(SinkOf("compression: none").compression, parquet::Compression::kNone);
  EXPECT_EQ(SinkOf("compression: snappy").compression, parquet::Compression::kSnappy);
  EXPECT_EQ(SinkOf("compression: gzip").compression, parquet::Compression::kGzip);
  EXPECT_EQ(SinkOf("compression: lz4").compression, parquet::Compression::kLz4);
  EXPECT_EQ(SinkOf("compression: zstd").compression, parquet::Compression::kZstd);
  EXPECT_EQ(SinkOf("compression: brotli").compression, parquet::Compression::kBrotli);
}

TEST(ConfigTest, PartitionsByAnyTransforms) {
  using Term = iceberg::TransformTerm;
  const auto of = [](std::string_view text) { return iceberg::Transform::Parse(text); };
  // YAML takes the second apart at its comma.
  for (const char* written :
       {"partition_by: [day(ts), bucket(16, id), place.city]",
        "partition_by: ['day(ts)', 'bucket(16, id)', place.city]", "partition_by: day(ts), bucket(16, id), place.city",
        "partition_by:\n  - day(ts)\n  - bucket(16, id)\n  - place.city"}) {
    const auto sink = SinkOf(written);
    ASSERT_TRUE(sink.partition_by.has_value()) << written;
    EXPECT_THAT(*sink.partition_by,
                ElementsAre(Term{"ts", of("day")}, Term{"id", of("bucket[16]")}, Term{"place.city", of("identity")}));
  }
  EXPECT_THAT(*SinkOf("partitioning: time\npartition_fields: [ts]").partition_by, ElementsAre(Term{"ts", of("day")}));
  EXPECT_TRUE(SinkOf("partitioning: none").partition_by->empty());
  EXPECT_FALSE(SinkOf("partitioning: table_default").partition_by.has_value());
  EXPECT_FALSE(SinkOf("batch_size: 5").partition_by.has_value());
}

TEST(ConfigTest, RowsAreSortedByTerms) {
  const auto sink = SinkOf("sort_by: [city, ts desc nulls last, bucket(16, id)]");
  ASSERT_TRUE(sink.sort_by.has_value());
  ASSERT_EQ(sink.sort_by->size(), 3U);
  EXPECT_EQ(ToString((*sink.sort_by)[1]), "ts desc");
  EXPECT_EQ((*sink.sort_by)[2].term.transform, iceberg::Transform::Parse("bucket[16]"));
  EXPECT_TRUE(SinkOf("sort_by: []").sort_by->empty());
  EXPECT_FALSE(SinkOf("batch_size: 5").sort_by.has_value());
}

TEST(ConfigTest, SettingsWithoutEffectAreSaid) {
  const auto config =
      Parse(WithSink("num_buckets: 4\ntime_granularity: hour\nmax_columns: 9\nschema_evolution: strict"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->warnings, ElementsAre(AllOf(HasSubstr("sinks.lake.config.num_buckets"), HasSubstr("bucket")),
                                            HasSubstr("time_granularity"), HasSubstr("max_columns has no effect")));
}

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

TEST(ConfigTest, SqlCatalog) {
  const auto config = Parse(WithCatalog("type: sql\nsql: {uri: 'sqlite:////d/c.db', warehouse: 'file:///d/w'}"));
  ASSERT_TRUE(config) << config.error().message;
  const auto& options = std::get<catalog::SqlCatalogOptions>(config->sinks[0].catalog);
  EXPECT_EQ(options.uri, "sqlite:////d/c.db");
  EXPECT_EQ(options.warehouse, "file:///d/w");
  EXPECT_EQ(options.name, "frazil");
}

TEST(ConfigTest, PlacesOfThisMachine) {
  const std::string folders = "local_folders: [/mnt/a/, 'file:///mnt/b']}";
  const auto sql = Parse(WithCatalog("type: sql\nsql: {uri: 'sqlite:////d/c.db', warehouse: 's3://b/w', " + folders));
  ASSERT_TRUE(sql) << sql.error().message;
  EXPECT_THAT(std::get<catalog::SqlCatalogOptions>(sql->sinks[0].catalog).files.local_folders,
              ElementsAre("/mnt/a", "/mnt/b"));
  const auto rest = Parse(WithCatalog("type: rest\nrest: {uri: 'http://c', " + folders));
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_THAT(std::get<catalog::RestCatalogOptions>(rest->sinks[0].catalog).files.local_folders,
              ElementsAre("/mnt/a", "/mnt/b"));
  for (const char* folder : {"s3://b/w", "relative", "/mnt/../etc"}) {
    const auto wrong =
        Parse(WithCatalog("type: rest\nrest: {uri: 'http://c', local_folders: ['" + std::string(folder) + "']}"));
    ASSERT_FALSE(wrong) << folder;
    EXPECT_THAT(wrong.error().message, HasSubstr("local_folders"));
  }
}

TEST(ConfigErrorTest, NamesThatLeadElsewhere) {
  for (const std::string name : {".", "..", "a/b"}) {
    const auto config = Parse("sinks:\n  a:\n    connector: iceberg\n    config:\n      namespace: n\n      table: '" +
                              name + "'\n      catalog: {type: memory, warehouse: /w}\n");
    ASSERT_FALSE(config) << name;
    EXPECT_THAT(config.error().message, HasSubstr("cannot be the name of a table"));
  }
}

TEST(ConfigTest, RestCatalogWithS3) {
  const auto config = Parse(WithCatalog(R"(type: rest
rest:
  uri: http://localhost:8181
  warehouse: s3://bucket/wh
  credential: ${TOKEN}
  properties: {oauth2-server-uri: "https://auth/token"})") +
                            "      s3: {region: eu, endpoint: 'http://m:9000', path_style_access: yes, "
                            "access_key_id: k, secret_access_key: s, session_token: t}\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto& options = std::get<catalog::RestCatalogOptions>(config->sinks[0].catalog);
  EXPECT_EQ(options.uri, "http://localhost:8181");
  EXPECT_EQ(options.warehouse, "s3://bucket/wh");
  EXPECT_TRUE(options.credential == "hunter2");
  EXPECT_THAT(options.properties, ElementsAre(Pair("oauth2-server-uri", "https://auth/token")));
  EXPECT_THAT(options.io, UnorderedElementsAre(Pair("s3.region", "eu"), Pair("s3.endpoint", "http://m:9000"),
                                               Pair("s3.path-style-access", "true"), Pair("s3.access-key-id", "k"),
                                               Pair("s3.secret-access-key", "s"), Pair("s3.session-token", "t")));
}

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

TEST(ConfigErrorTest, UnknownKeyNamesLineAndNearestWord) {
  EXPECT_THAT(ErrorsOf(WithSink("batchsize: 5")),
              AllOf(StartsWith("f.yaml:12: sinks.lake.config.batchsize: unknown key; did you mean \"batch_size\"?"),
                    HasSubstr("? Expected one of "), HasSubstr("flush_interval_secs")));
  EXPECT_THAT(ErrorsOf(WithSource("brokers: b:1\ntopics: t\nisolaton: x")),
              StartsWith("f.yaml:8: sources.in.config.isolaton: unknown key; did you mean \"isolation\"?"));
  EXPECT_THAT(ErrorsOf("source: {}\n"), StartsWith("f.yaml:1: source: unknown key; did you mean \"sources\"?"));
  EXPECT_THAT(ErrorsOf(WithCatalog("type: rest\nrest: {url: 'http://x'}")), HasSubstr("did you mean \"uri\"?"));
  EXPECT_THAT(ErrorsOf(WithSink("s3: {acess_key_id: a}")), HasSubstr("did you mean \"access_key_id\"?"));
}

TEST(ConfigErrorTest, KeyInTheWrongPlaceIsSentHome) {
  EXPECT_THAT(ErrorsOf(WithSink("memory_limit_mb: 512")),
              HasSubstr("it belongs in pipelines.<name>. Expected one of "));
  EXPECT_THAT(ErrorsOf(WithSink("brokers: b:1")), HasSubstr("it belongs in sources.<name>.config"));
  EXPECT_THAT(ErrorsOf(WithSource("brokers: b\ntopics: t\ncompression: zstd")),
              HasSubstr("it belongs in sinks.<name>.config"));
}

TEST(ConfigErrorTest, AllAtOnceInOrderOfLines) {
  const auto errors = ErrorsOf(WithSink("batch_size: 0\ncompression: snapy\nnonsense: 1\nnum_buckets: x"));
  std::vector<std::string> lines;
  size_t start = 0;
  while (start <= errors.size()) {
    const size_t end = std::min(errors.find('\n', start), errors.size());
    lines.push_back(errors.substr(start, end - start));
    start = end + 1;
  }
  EXPECT_THAT(lines,
              ElementsAre(StartsWith("f.yaml:12: sinks.lake.config.batch_size: expected a whole number from 1 to "),
                          StartsWith("f.yaml:13: sinks.lake.config.compression: expected one of none, snappy, "
                                     "gzip, lz4, zstd, brotli, found \"snapy\"; did you mean \"snappy\"?"),
                          StartsWith("f.yaml:14: sinks.lake.config.nonsense: unknown key"),
                          StartsWith("f.yaml:15: sinks.lake.config.num_buckets: expected a whole number")));
}

TEST(ConfigErrorTest, WrongValues) {
  const std::pair<const char*, const char*> kCases[] = {
      {"batch_size: many", "expected a whole number from 1 to 1000000000, found \"many\""},
      {"batch_size: 1.5", "expected a whole number"},
      {"batch_size: [1]", "expected a single value, found a list"},
      {"batch_size:", "has no value"},
      {"flush_interval_secs: 86401", "from 1 to 86400"},
      {"target_file_size_mb: 99999999999999999999", "expected a whole number"},
      {"infer_time: maybe", "expected true or false, found \"maybe\""},
      {"partitioning: identity", "needs at least one column"},
      {"partition_fields: [a]", "has no effect without partitioning"},
      {"partitioning: bucket\npartition_fields: [a, a]", "column \"a\" stands here twice"},
      {"sort_by: [a up]", "expected a comma before 'up'"},
      {"sort_by: [a, a desc]", "\"a\" stands here twice"},
      {"overwrite_confirm: per_batch", "has no effect without commit_mode: overwrite"},
      {"commit_mode: overwrite\noverwrite_confirm: yes", "expected per_batch, found"},
      {"partition_by: [bukcet(16, id)]", "there is no transform 'bukcet'"},
      {"partition_by: []", "a column or a transform is missing"},
      {"partition_by: [day(ts), day(ts)]", "\"day(ts)\" stands here twice"},
      {"partition_by: [day(ts), hour(ts)]", "\"hour(ts)\" beside \"day(ts)\": one of them tells all"},
      {"partition_by: [id]\npartitioning: none", "stands beside partitioning"},
      {"schema: [{name: t_trunc, type: int}]\npartition_by: ['truncate(4, t)']", "\"t_trunc\": a partition field"},
      {"partitioning: monthly", "expected one of none, table_default, identity, bucket, time"},
      {"time_granularity: minute", "expected one of year, month, day, hour"},
      {"delivery: exactly-once", "did you mean \"exactly_once\"?"},
      {"metadata: [offsets]", "expected topic, partition, offset, timestamp, key or headers"},
      {"metadata: [key, key]", "\"key\" stands here twice"},
      {"schema: {a: int}", "expected a list of maps, found a map"},
      {"schema: [{name: a}]", "\"type\" is missing"},
      {"schema: [{name: a, type: list<strin>}]", "at character 6 of type"},
      {"schema: [{name: a, type: timestamp_ns}]", "needs table format v3, which is not supported yet"},
      {"schema: [{name: a, type: int}, {name: a, type: int}]", "column \"a\" is declared already"},
      {"schema: [{name: a.b, type: int}, {name: a, type: 'struct<b: int>'}]", "column \"a.b\": the table has another"},
      {"schema: [{name: _kafka_headers.key, type: int}]\nmetadata: [headers]", "column \"_kafka_headers.key\": the"},
      {"schema: [{name: t_day, type: int}]\npartitioning: time\npartition_fields: [t]", "\"t_day\": a partition field"},
      {"schema: [{name: a, typ: int, type: int}]", "did you mean \"type\"?"},
      {"s3: {access_key_id: a}", "belong together"},
      {"s3: nothing", "expected a map, found a single value"},
      {"batch_size: 5\nbatch_size: 6", "second time (first in line 12)"},
  };
  for (const auto& [keys, expected] : kCases) EXPECT_THAT(ErrorsOf(WithSink(keys)), HasSubstr(expected)) << keys;
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

TEST(ConfigErrorTest, WrongCatalogs) {
  const std::pair<const char*, const char*> kCases[] = {
      {"type: jdbc", "expected one of rest, sql, hive, glue, memory"},
      {"type: rest", "\"rest\" is missing"},
      {"type: rest\nrest: {uri: 'localhost:8181'}", "expected http://… or https://…"},
      {"type: sql\nsql: {uri: /d/c.db, warehouse: /w}", "with four slashes"},
      {"type: sql\nsql: {uri: 'mysql://x/y', warehouse: /w}", "no other database is built in"},
      {"type: sql\nsql: {uri: 'postgresql://me:hunter2@[x/y', warehouse: /w}",
       "none that Postgres's library understands"},
      {"type: sql\nsql: {uri: 'sqlite:////x', user: me, warehouse: /w}", "a file has no users"},
      {"type: sql\nsql: {uri: 'sqlite:////c.db'}", "\"warehouse\" is missing"},
      {"type: hive\nhive: {uri: 'hms:9083', warehouse: /w}", "expected thrift://HOST:PORT"},
      {"type: hive\nhive: {uri: 'thrift://hms', warehouse: 'hdfs://nn/w'}", "use s3:// or file:///"},
      {"type: hive\nhive: {uri: 'thrift://hms', warehouse: /w, kerberos: {}}", "not supported yet"},
      {"type: glue\nglue: {region: r}", "\"warehouse\" is missing"},
      {"type: glue\nwarehouse: s3://b", "a map with the settings of the glue catalog"},
      {"type: glue\nglue: {region: r, endpoint: 'h:1'}\nwarehouse: s3://b", "expected http(s)://HOST[:PORT]"},
      {"type: glue\nglue: {access_key_id: k}\nwarehouse: s3://b", "belong together; give both or none"},
      {"type: glue\nglue: {session_token: t}\nwarehouse: s3://b", "give all three"},
      {"type: glue\nglue: {profile: p, access_key_id: k, secret_access_key: s}\nwarehouse: s3://b", "give one of them"},
      {"type: glue\nglue: {lake_formation: true}\nwarehouse: s3://b", "not supported yet"},
      {"type: memory", "\"warehouse\" is missing"},
      {"type: memory\nwarehouse: hdfs:///w", "\"hdfs:\" is not supported: a warehouse on HDFS cannot be had"},
      {"type: memory\nwarehouse: ftp://h/w", "expected file:///…, s3://…, gs://…"},
      {"type: memory\nwarehouse: 'abfss://c@example.com/w'", "names a host that is not Azure's"},
      {"type: memory\nwarehouse: 'abfss://c:hunter2@a.dfs.core.windows.net/w'", "holds a password before"},
      {"type: memory\nwarehouse: 's3://me:hunter2@b/w'", "holds a user or a password before"},
      {"type: memory\nwarehouse: wh", "or an absolute path"},
      {"type: sql\nwarehouse: /w\nsql: {uri: 'sqlite:////c.db', warehouse: /w}", "warehouse: unknown key"},
  };
  for (const auto& [keys, expected] : kCases) EXPECT_THAT(ErrorsOf(WithCatalog(keys)), HasSubstr(expected)) << keys;
}

TEST(ConfigTest, AnErrorsTableWantsHeadersAndOffsetsInTheTable) {
  const auto config = Parse(WithSink("on_bad_record: errors_table"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->sinks[0].options.on_bad_record, ingest::OnBadRecord::kErrorsTable);
  EXPECT_TRUE(Kafka(MakePipeline("p", SourceConfig(), config->sinks[0])).want_headers);
  EXPECT_THAT(ErrorsOf(WithSink("on_bad_record: errors_table\ndelivery: at_least_once")),
              HasSubstr("on_bad_record: errors_table keeps what it needs with the offsets"));
}

TEST(ConfigTest, ADeadLetterTopicAndItsPolicyBelongTogether) {
  const auto config = Parse(WithSink("on_bad_record: topic\ndead_letter_topic: dead"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->sinks[0].options.on_bad_record, ingest::OnBadRecord::kTopic);
  EXPECT_EQ(config->sinks[0].options.dead_letter_topic, "dead");
  EXPECT_TRUE(Kafka(MakePipeline("p", SourceConfig(), config->sinks[0])).want_headers);
  EXPECT_THAT(ErrorsOf(WithSink("on_bad_record: topic")), HasSubstr("topic needs dead_letter_topic"));
  EXPECT_THAT(ErrorsOf(WithSink("dead_letter_topic: dead")), HasSubstr("only with on_bad_record: topic"));
}

TEST(ConfigTest, AMostOfErrorsNeedsAPolicyThatGoesOn) {
  const auto config = Parse(WithSink("on_bad_record: skip\nmax_errors: 7"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->sinks[0].options.max_errors, 7);
  EXPECT_TRUE(config->warnings.empty());
  const auto idle = Parse(WithSink("max_errors: 7"));
  ASSERT_TRUE(idle.has_value()) << idle.error().message;
  EXPECT_THAT(idle->warnings, ElementsAre(HasSubstr("max_errors has no effect with on_bad_record: fail")));
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

TEST(ConfigTest, StoragesAreReadUnderIcebergsNames) {
  const auto config =
      Parse(WithSink("gcs: {project_id: p, service_account_key: '{\"type\": 1}', endpoint: 'http://h:1'}\n"
                     "azure: {storage_account: a, access_key: k, endpoint: 'http://h:2'}"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const io::Properties expected = {{"gcs.project-id", "p"},
                                   {"gcs.service-account-key", "{\"type\": 1}"},
                                   {"gcs.service.host", "http://h:1"},
                                   {"adls.account-name", "a"},
                                   {"adls.account-key", "k"},
                                   {"adls.blob-storage-authority", "h:2"},
                                   {"adls.blob-storage-scheme", "http"},
                                   {"adls.dfs-storage-authority", "h:2"},
                                   {"adls.dfs-storage-scheme", "http"}};
  EXPECT_EQ(StorageOf(config->sinks[0].catalog), expected);
}

TEST(ConfigErrorTest, WrongStorages) {
  const std::pair<const char*, const char*> kCases[] = {
      {"gcs: {service_account_key: /no/such/key.json}", "expected a key file's path, or its JSON"},
      {"gcs: {service_account_key: '{}', anonymous: true}", "give one of them"},
      {"gcs: {endpoint: 'http://me:hunter2@h'}", "holds a user or a password"},
      {"azure: {access_key: k, sas_token: s}", "is a second way to say who asks"},
      {"azure: {client_secret: s}", "give all three"},
      {"azure: {endpoint: 'h:1'}", "expected http://HOST:PORT or https://HOST"},
      {"azure: {account: a}", "unknown key"},
  };
  for (const auto& [keys, expected] : kCases) EXPECT_THAT(ErrorsOf(WithSink(keys)), HasSubstr(expected)) << keys;
}

TEST(ConfigErrorTest, WhatIsNotBuiltYetIsRefusedByName) {
  for (const auto* keys : {"commit_mode: upsert", "key_fields: [id]", "schema_evolution: full", "dead_letters: {}",
                           "routing: {}", "maintenance: {}", "transforms: []", "on_bad_record: dead_letter"}) {
    EXPECT_THAT(ErrorsOf(WithSink(keys)), AllOf(StartsWith("f.yaml:12: sinks.lake.config."),
                                                HasSubstr("not supported yet"), Not(HasSubstr("\n"))))
        << keys;
  }
  for (const auto* keys : {"format: protobuf", "format: csv", "format: raw", "envelope: debezium", "avro: {}"}) {
    EXPECT_THAT(ErrorsOf(WithSource(std::string(keys) + "\nbrokers: b:1\ntopics: t")),
                AllOf(StartsWith("f.yaml:6: sources.in.config."), HasSubstr("not supported yet"), Not(HasSubstr("\n"))))
        << keys;
  }
  EXPECT_THAT(
      ErrorsOf("sources:\n  s:\n    connector: postgres-cdc\n    config: {host: h}\n    streams: []\n"),
      AllOf(StartsWith("f.yaml:3: sources.s.connector: \"postgres-cdc\" is not supported yet"), Not(HasSubstr("\n"))));
}

TEST(ConfigErrorTest, UnsetVariableNamesLineAndVariable) {
  EXPECT_THAT(ErrorsOf(WithSink("batch_size: ${NOT_SET}")),
              StartsWith("f.yaml:12: sinks.lake.config.batch_size: environment variable NOT_SET is not set"));
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

TEST(ConfigErrorTest, ValuesOfVariablesAreNotShown) {
  EXPECT_THAT(ErrorsOf(WithSink("batch_size: ${TOKEN}\ncompression: ${TOKEN}\ninfer_time: ${TOKEN}")),
              AllOf(HasSubstr("found \"${TOKEN}\""), Not(HasSubstr("hunter2"))));
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

TEST(ConfigErrorTest, NotYaml) {
  EXPECT_THAT(ErrorsOf("a: [1"), StartsWith("f.yaml:"));
  EXPECT_THAT(ErrorsOf("a: [1"), HasSubstr("this is not YAML"));
  EXPECT_THAT(ErrorsOf("- a\n"), HasSubstr("expected a map with the keys version"));
  EXPECT_THAT(ErrorsOf(""), HasSubstr("expected a map with the keys version"));
  EXPECT_THAT(ErrorsOf("version: \"2.0\"\n"), StartsWith("f.yaml:1: version: expected \"1.0\""));
  EXPECT_THAT(ErrorsOf("? [a, b]\n: c\n"), HasSubstr("expected a name as key, found a list"));
}

// Every complete YAML example of the documentation, and every file of examples/.
TEST(ConfigExamplesTest, AllAreAccepted) {
  const std::filesystem::path root = std::filesystem::path(FRAZIL_TESTDATA) / ".." / "..";
  std::vector<std::pair<std::string, std::string>> examples;  // where, text
  for (const auto& file : std::filesystem::directory_iterator((root / "examples").lexically_normal())) {
    if (file.path().extension() == ".yaml") examples.emplace_back(file.path().string(), TextOf(file.path()));
  }
  const std::string text = TextOf((root / "docs" / "configuration.md").lexically_normal());
  const std::string open = "```yaml\n";
  for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const size_t end = text.find("```", at);
    examples.emplace_back("docs/configuration.md at byte " + std::to_string(at), text.substr(at, end - at));
    at = end;
  }
  EXPECT_GE(examples.size(), 5u);
  for (const auto& [where, yaml] : examples) {
    const auto config = ParseConfig(yaml, where, [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->warnings, IsEmpty()) << where;
  }
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

// The page of limits is kept by hand: what it says is what holds.
TEST(ConfigTest, EveryLimitIsDocumented) {
  const std::string page = TextOf((std::filesystem::path(FRAZIL_TESTDATA) / "../../docs/trust.md").lexically_normal());
  Limits limits;
  for (const Limit* limit : limits.All()) {
    const std::string_view key = limit->key.substr(limit->key.find('.') + 1);
    EXPECT_THAT(page, HasSubstr(fmt::format("| `{}` | `{}` |", key, limit->value)));
  }
}

TEST(ConfigErrorTest, MissingFile) {
  const auto config = LoadConfig("/nowhere/f.yaml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(config.error().message, "cannot read configuration /nowhere/f.yaml: No such file or directory");
}

TEST(ChooseSinkTest, OnlyOneNeedsNoName) {
  auto config = *Parse(WithSink(""));
  EXPECT_EQ((*ChooseSink(config, ""))->name, "lake");
  EXPECT_THAT(ChooseSink(config, "lago").error().message, HasSubstr("it has lake"));
  config.sinks.push_back(config.sinks[0]);
  config.sinks[1].name = "pond";
  EXPECT_EQ((*ChooseSink(config, "pond"))->name, "pond");
  EXPECT_THAT(ChooseSink(config, "").error().message, HasSubstr("choose one with --sink: lake, pond"));
}

}  // namespace
}  // namespace frazil::app
