// Keys that users bring along from other tools: each either works here, or the error says what to write instead.
#include <algorithm>

#include "app/config_testing.h"

namespace frazil::app {
namespace {

enum class In : uint8_t { kFile, kSource, kSourceConfig, kSink, kSinkConfig, kCatalog, kPipeline };

struct Foreign {
  In in;
  const char* keys;      // as another tool's file has them
  const char* expected;  // of the error
};

constexpr Foreign kKeys[] = {
    {In::kFile, "broker: {address: 'localhost:9092'}", "write brokers: HOST:PORT into the config of each source"},
    {In::kFile, "serve: {port: 1}", "use metrics"},
    {In::kSource, "topic: orders", "write topics: [NAME] into config"},
    {In::kSourceConfig, "topic: orders", "did you mean \"topics\"?"},
    {In::kSourceConfig, "bootstrap_servers: 'b:1'", "write brokers: HOST:PORT"},
    {In::kSourceConfig, "bootstrap.servers: 'b:1'", "write brokers: HOST:PORT"},
    {In::kSourceConfig, "consumer_group: g", "write group: NAME"},
    {In::kSourceConfig, "group_id: g", "write group: NAME"},
    {In::kSourceConfig, "start_offset: earliest", "write start: earliest, latest or {timestamp: …}"},
    {In::kSourceConfig, "auto_offset_reset: earliest", "write start: earliest, latest or {timestamp: …}"},
    {In::kSourceConfig, "security_protocol: SSL", "write security: {protocol: …}"},
    {In::kSourceConfig, "sasl_mechanism: PLAIN", "write security: {mechanism: …}"},
    {In::kSourceConfig, "rate_limit: 5", "give the consumer a quota at the broker"},
    {In::kSink, "topics: [a]", "into the config of a source"},
    {In::kSink, "topic: a", "into the config of a source"},
    {In::kSink, "consumer_group: g", "write group: NAME into the config of the source"},
    {In::kSink, "start_offset: latest",
     "write start: earliest, latest or {timestamp: …} into the config of the source"},
    {In::kSink, "rate_limit: {events_per_second: 5}", "give the consumer a quota at the broker"},
    {In::kSink, "transforms: []", "\"transforms\" is not supported yet"},
    {In::kSink, "dead_letter_topic: d", "write on_bad_record: topic and dead_letter_topic: NAME into config"},
    {In::kSinkConfig, "auto_create_table: true", "leave it out: a table that is not there is made"},
    {In::kSinkConfig, "write_properties: {}", "ALTER TABLE"},
    {In::kSinkConfig, "rate_limit: 5", "give the consumer a quota at the broker"},
    {In::kSinkConfig, "key_fields: [id]", "rows can only be appended"},
    {In::kSinkConfig, "transforms: []", "\"transforms\" is not supported yet"},
    {In::kSinkConfig, "sort_fields: [a]", "write sort_by: [COLUMN, COLUMN desc]"},
    {In::kSinkConfig, "partition_spec: []", "write partition_by: ["},
    {In::kSinkConfig, "topics: [a]", "it belongs in sources.<name>.config"},
    {In::kSinkConfig, "broker: 'b:1'", "unknown key"},
    {In::kCatalog, "type: rest\nuri: 'http://c'\nrest: {uri: 'http://c'}",
     "it belongs in sinks.<name>.config.catalog."},
    {In::kCatalog, "type: jdbc\n", "expected one of rest, sql, hive, glue, memory"},
    {In::kCatalog, "type: nessie\n", "use rest: Nessie speaks it at /iceberg"},
    {In::kPipeline, "transforms: []", "\"transforms\" is not supported yet"},
};

std::string FileWith(const Foreign& foreign) {
  const std::string keys(foreign.keys);
  const std::string source = WithSource("brokers: b:1\ntopics: t");
  const std::string sink = WithSink("");
  switch (foreign.in) {
    case In::kFile:
      return sink + keys + "\n";
    case In::kSource:
      return source + Indented(keys, 4);
    case In::kSourceConfig:
      return WithSource("brokers: b:1\ntopics: t\n" + keys);
    case In::kSink:
      return sink + Indented(keys, 4);
    case In::kSinkConfig:
      return WithSink(keys);
    case In::kCatalog:
      return WithCatalog(keys);
    case In::kPipeline:
      return source + sink + "pipelines:\n  p:\n    source: in\n    sink: lake\n" + Indented(keys, 4);
  }
  return {};
}

TEST(ForeignKeysTest, AreAnsweredWithWhatToWriteInstead) {
  for (const Foreign& foreign : kKeys) {
    const std::string errors = ErrorsOf(FileWith(foreign));
    EXPECT_THAT(errors, HasSubstr(foreign.expected)) << foreign.keys;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 0) << foreign.keys << "\n" << errors;
  }
}

// What other tools call as we do is taken as it is.
TEST(ForeignKeysTest, SomeAreOurs) {
  EXPECT_EQ(SinkOf("batch_size: 50000\nflush_interval_secs: 120\ntarget_file_size_mb: 256").batch_size, 50000);
  EXPECT_TRUE(SinkOf("schema_evolution: add_columns\ncommit_mode: append").decoder.add_columns);
}

}  // namespace
}  // namespace frazil::app
