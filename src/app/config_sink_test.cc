#include <chrono>
#include <utility>

#include "app/config_testing.h"
#include "iceberg/type_text.h"

namespace frazil::app {
namespace {

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

TEST(ConfigErrorTest, NamesThatLeadElsewhere) {
  for (const std::string name : {".", "..", "a/b"}) {
    const auto config = Parse("sinks:\n  a:\n    connector: iceberg\n    config:\n      namespace: n\n      table: '" +
                              name + "'\n      catalog: {type: memory, warehouse: /w}\n");
    ASSERT_FALSE(config) << name;
    EXPECT_THAT(config.error().message, HasSubstr("cannot be the name of a table"));
  }
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

}  // namespace
}  // namespace frazil::app
