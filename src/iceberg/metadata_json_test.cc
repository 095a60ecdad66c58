#include "iceberg/metadata_json.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "io/gzip.h"

namespace frazil::iceberg {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// A v2 table with everything that is optional.
json FullV2() {
  return json::parse(R"json({
    "format-version": 2, "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1", "location": "s3://bucket/test/location",
    "last-sequence-number": 34, "last-updated-ms": 1602638573590, "last-column-id": 3, "current-schema-id": 1,
    "schemas": [
      {"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "x", "required": true, "type": "long"}]},
      {"type": "struct", "schema-id": 1, "identifier-field-ids": [1], "fields": [
        {"id": 1, "name": "x", "required": true, "type": "long"},
        {"id": 2, "name": "y", "required": true, "type": "long", "doc": "comment"},
        {"id": 3, "name": "z", "required": true, "type": "long"}]}],
    "default-spec-id": 0, "last-partition-id": 1000,
    "partition-specs": [
      {"spec-id": 0, "fields": [{"name": "x", "transform": "identity", "source-id": 1, "field-id": 1000}]}],
    "default-sort-order-id": 3,
    "sort-orders": [{"order-id": 3, "fields": [
      {"transform": "identity", "source-id": 2, "direction": "asc", "null-order": "nulls-first"},
      {"transform": "bucket[4]", "source-id": 3, "direction": "desc", "null-order": "nulls-last"}]}],
    "properties": {"read.split.target.size": "134217728"},
    "current-snapshot-id": 9055729175895721600,
    "snapshots": [
      {"snapshot-id": 9051729175895721601, "timestamp-ms": 1515100955770, "sequence-number": 0,
       "summary": {"operation": "append"}, "manifest-list": "s3://a/b/1.avro"},
      {"snapshot-id": 9055729175895721600, "parent-snapshot-id": 9051729175895721601, "timestamp-ms": 1555100955770,
       "sequence-number": 1, "summary": {"operation": "append", "added-records": "7"},
       "manifest-list": "s3://a/b/2.avro", "schema-id": 1, "key-id": "k1"}],
    "snapshot-log": [{"snapshot-id": 9051729175895721601, "timestamp-ms": 1515100955770},
                     {"snapshot-id": 9055729175895721600, "timestamp-ms": 1555100955770}],
    "metadata-log": [{"metadata-file": "s3://bucket/.../v1.json", "timestamp-ms": 1515100}],
    "refs": {"main": {"snapshot-id": 9055729175895721600, "type": "branch"},
             "audit": {"snapshot-id": 9051729175895721601, "type": "branch", "min-snapshots-to-keep": 3,
                       "max-snapshot-age-ms": 1000},
             "v1": {"snapshot-id": 9051729175895721601, "type": "tag", "max-ref-age-ms": 10000000}},
    "statistics": [{"snapshot-id": 9055729175895721600, "statistics-path": "s3://a/b/stats.puffin",
                    "file-size-in-bytes": 413, "file-footer-size-in-bytes": 42, "blob-metadata": []}],
    "partition-statistics": [],
    "of-the-future": {"a": [1, 2.5, null]}})json");
}

std::string ErrorOf(const json& value, ErrorKind kind = ErrorKind::kCorrupt) {
  auto table = ParseTableMetadata(value.dump());
  EXPECT_FALSE(table) << value.dump();
  if (table) return {};
  EXPECT_EQ(table.error().kind, kind) << table.error().message;
  return table.error().message;
}

TEST(MetadataJsonTest, V2RoundTrip) {
  auto table = ParseTableMetadata(FullV2().dump());
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(json::parse(WriteTableMetadata(**table)), FullV2());
}

// Two snapshots as others may write them: nulls, spaces, escapes, numbers and members that Frazil has no use for.
constexpr std::string_view kFirstSnapshot =
    R"json({ "snapshot-id" : 9051729175895721601, "parent-snapshot-id": null, "timestamp-ms": 1515100955770,
       "sequence-number": 0, "summary": {"operation": "append", "author": "Zo\u00eb \/ \ud83d\ude00", "a": "]}"},
       "manifest-list": "s3:\/\/a/b/1.avro", "cost": 1.50, "big": 123456789012345678901234567890,
       "nested": {"snapshots": [{"x": [1e2, null]}]} })json";
constexpr std::string_view kSecondSnapshot =
    R"json({"snapshot-id": 9055729175895721600, "timestamp-ms": 1555100955770, "sequence-number": 1, "schema-id": 1,
       "summary": {"engine": "x"}, "manifest-list": "s3://a/b/2.avro", "key-id": "k1"})json";

std::string WithSnapshots(std::string_view snapshots) {
  json value = FullV2();
  value["snapshots"] = "HERE";
  std::string text = value.dump();
  return text.replace(text.find("\"HERE\""), 6, snapshots);
}

TEST(MetadataJsonTest, SnapshotsAreWrittenAsTheyWereRead) {
  const auto both = fmt::format("{},\n {}", kFirstSnapshot, kSecondSnapshot);
  const auto table = ParseTableMetadata(WithSnapshots("[ " + both + " ]"));
  ASSERT_TRUE(table) << table.error().message;
  const auto as_read = fmt::format("[{},{}]", kFirstSnapshot, kSecondSnapshot);
  EXPECT_THAT(WriteTableMetadata(**table), HasSubstr("\"snapshots\":" + as_read));
  // Also after somebody has looked, and through another copy of the table.
  const Snapshot& first = *(*table)->FindSnapshot(9051729175895721601);
  EXPECT_EQ(first.parent_snapshot_id, std::nullopt);
  EXPECT_EQ(first.manifest_list, "s3://a/b/1.avro");
  EXPECT_EQ(first.summary.at("author"), "Zo\u00eb / \U0001f600");
  EXPECT_EQ(first.carried.at("nested"), R"({"snapshots":[{"x":[100.0,null]}]})");
  EXPECT_EQ((*table)->snapshots.back().operation(), "overwrite");
  const TableMetadata copy = **table;
  EXPECT_THAT(WriteTableMetadata(copy), HasSubstr(as_read));
}

TEST(MetadataJsonTest, AnyBrokenSnapshotIsCorrupt) {
  const auto error = [](std::string_view first) {
    const auto table = ParseTableMetadata(WithSnapshots(fmt::format("[{},{}]", first, kSecondSnapshot)));
    EXPECT_FALSE(table) << first;
    if (table) return std::string();
    EXPECT_EQ(table.error().kind, ErrorKind::kCorrupt);
    return table.error().message;
  };
  const std::string begin = R"({"snapshot-id": 7, "timestamp-ms": 1, "manifest-list": "l")";
  EXPECT_EQ(error(begin + "}"),
            "ref \"audit\" points at snapshot 9051729175895721601, which is not among \"snapshots\"");
  EXPECT_THAT(error("7"), HasSubstr("a snapshot: expected an object"));
  EXPECT_THAT(error("{}"), HasSubstr("a snapshot: member \"snapshot-id\" is missing"));
  EXPECT_THAT(error(R"({"snapshot-id": 7, "manifest-list": "l"})"), HasSubstr("snapshot 7: member \"timestamp-ms\""));
  EXPECT_THAT(error(R"({"snapshot-id": 1.0, "timestamp-ms": 1})"), HasSubstr("\"snapshot-id\": expected an integer"));
  EXPECT_THAT(error(begin + R"(, "schema-id": 3000000000})"), HasSubstr("does not fit 32 bits"));
  EXPECT_THAT(error(begin + R"(, "summary": {"a": 1}})"), HasSubstr("\"summary\": \"a\": expected a string"));
  EXPECT_THAT(error(begin + R"(, "summary": []})"), HasSubstr("\"summary\": expected an object of strings"));
  EXPECT_THAT(error(R"({"snapshot-id": 7, "timestamp-ms": 1, "manifests": [1]})"), HasSubstr("\"manifests\""));
  EXPECT_THAT(error(begin + R"(, "key-id": tru})"), HasSubstr("no valid JSON"));
  EXPECT_THAT(error(begin + R"(, "key-id": "\x"})"), HasSubstr("no valid JSON"));
  EXPECT_THAT(error(begin + "]"), HasSubstr("no valid JSON"));
  EXPECT_THAT(error(begin + R"(, "x": )" + std::string(300, '[') + std::string(300, ']') + "}"), HasSubstr("deeper"));
}

TEST(MetadataJsonTest, BrokenLogsAreCorrupt) {
  json value = FullV2();
  value["snapshot-log"][1].erase("timestamp-ms");
  EXPECT_THAT(ErrorOf(value), HasSubstr("\"timestamp-ms\" is missing"));
  value["snapshot-log"][1] = 7;
  EXPECT_THAT(ErrorOf(value), HasSubstr("\"snapshot-log\""));
}

TEST(MetadataJsonTest, RepliesOfCatalogs) {
  const auto reply = ParseTableReply(
      fmt::format(R"({{"metadata-location": "s3://a/1.json", "metadata": {}, "config": {{"a": "b"}}, "etag": null}})",
                  FullV2().dump()));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(json::parse(WriteTableMetadata(*reply->metadata)), FullV2());
  EXPECT_EQ(reply->rest, (json{{"metadata-location", "s3://a/1.json"}, {"config", {{"a", "b"}}}}));
  EXPECT_THAT(ParseTableReply("{}").error().message, HasSubstr("\"metadata\" is missing"));
  EXPECT_THAT(ParseTableReply(R"({"metadata": 5})").error().message, HasSubstr("expected an object"));
  EXPECT_THAT(ParseTableReply("[]").error().message, HasSubstr("expected an object"));
}

// The members in Java's order, up to the snapshots.
std::string Beginning(const json& metadata, const std::string& more = "") {
  json head = metadata;
  for (const char* member : {"snapshots", "snapshot-log", "metadata-log", "statistics"}) head.erase(member);
  std::string text = head.dump();
  text.pop_back();
  return fmt::format(R"({{"metadata-location": "s3://a/1.json", "metadata": {}{}, "snapshots" : [{{"snap)", text, more);
}

TEST(MetadataJsonTest, TheBeginningOfAReplyTellsOfATableWhoseHistoryIsKnown) {
  const auto known = (*ParseTableMetadata(FullV2().dump()))->snapshots;
  json now = FullV2();
  now["properties"]["of"] = R"("snapshots")";  // not the member
  const auto reply = ParseTableReplyBeginning(Beginning(now), known);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->metadata->properties.at("of"), R"("snapshots")");
  EXPECT_EQ(reply->metadata->RefHead("main")->sequence_number, 1);
  EXPECT_EQ(reply->metadata->snapshots.size(), 2U);
  EXPECT_EQ(reply->rest, (json{{"metadata-location", "s3://a/1.json"}}));
  // A member of that name further in.
  EXPECT_TRUE(ParseTableReplyBeginning(Beginning(now, R"(, "x": {"a": 1, "snapshots": 2})"), known));
}

TEST(MetadataJsonTest, TheBeginningOfAReplyMayNotBeEnough) {
  const auto known = (*ParseTableMetadata(FullV2().dump()))->snapshots;
  EXPECT_FALSE(ParseTableReplyBeginning("", known));
  EXPECT_FALSE(ParseTableReplyBeginning(R"("snapshots")", known));
  EXPECT_FALSE(ParseTableReplyBeginning(R"({"snapshots")", known));
  EXPECT_FALSE(ParseTableReplyBeginning(R"({"error": {"a": 1, "snapshots")", known));
  const std::string whole = Beginning(FullV2());
  EXPECT_FALSE(ParseTableReplyBeginning(whole.substr(0, whole.find("\"snapshots")), known));
  // What a commit changes comes later, as in Rust.
  for (const char* member : {"refs", "properties", "current-snapshot-id"}) {
    json value = FullV2();
    value.erase(member);
    EXPECT_FALSE(ParseTableReplyBeginning(Beginning(value), known)) << member;
  }
  // A ref points at a snapshot of others.
  SnapshotList less = known;
  less.Remove({9051729175895721601});
  EXPECT_FALSE(ParseTableReplyBeginning(whole, less));
}

TEST(MetadataJsonTest, IdsStayExact) {
  // Both are beyond 2^53, where doubles have gaps of 1024.
  const auto table = *ParseTableMetadata(FullV2().dump());
  EXPECT_EQ(table->current_snapshot_id, 9055729175895721600);
  EXPECT_EQ(table->snapshots[0].snapshot_id, 9051729175895721601);
  EXPECT_EQ(table->RefHead("v1")->snapshot_id, 9051729175895721601);
  EXPECT_EQ(table->RefHead("main")->parent_snapshot_id, 9051729175895721601);
  EXPECT_EQ(table->RefHead("other"), nullptr);
}

TEST(MetadataJsonTest, LooksUp) {
  const auto table = *ParseTableMetadata(FullV2().dump());
  EXPECT_EQ(table->schema()->schema_id(), 1);
  EXPECT_EQ(table->spec()->fields.front().name, "x");
  EXPECT_EQ(table->FindSchema(7), nullptr);
  EXPECT_EQ(table->FindSpec(7), nullptr);
  EXPECT_EQ(table->FindSnapshot(7), nullptr);
  EXPECT_EQ(table->Property("read.split.target.size", "1"), "134217728");
  EXPECT_EQ(table->Property("other", "1"), "1");
  EXPECT_EQ(table->snapshots[1].operation(), "append");
  EXPECT_EQ(table->carried.size(), 3U);
}

TEST(MetadataJsonTest, NoSnapshotIsWrittenAsAbsent) {
  for (const json& none : {json(-1), json(nullptr)}) {
    json value = FullV2();
    for (const char* member : {"snapshots", "snapshot-log", "refs"}) value.erase(member);
    value["current-snapshot-id"] = none;
    auto table = ParseTableMetadata(value.dump());
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ((*table)->current_snapshot_id, std::nullopt);
    EXPECT_FALSE(json::parse(WriteTableMetadata(**table)).contains("current-snapshot-id"));
  }
}

TEST(MetadataJsonTest, V1IsCompleted) {
  auto table = ParseTableMetadata(R"json({
    "format-version": 1, "location": "file:/t", "last-updated-ms": 5, "last-column-id": 2,
    "schema": {"type": "struct", "fields": [{"id": 1, "name": "a", "required": false, "type": "int"},
                                            {"id": 2, "name": "b", "required": false, "type": "date"}]},
    "partition-spec": [{"source-id": 1, "name": "a", "transform": "identity"},
                       {"source-id": 2, "name": "b_day", "transform": "day"}],
    "properties": {}, "current-snapshot-id": 12,
    "snapshots": [{"snapshot-id": 12, "timestamp-ms": 4, "manifests": ["file:/t/m0.avro"]}]})json");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ((*table)->format_version, 1);
  EXPECT_EQ((*table)->schemas.size(), 1U);
  EXPECT_EQ((*table)->schema()->schema_id(), 0);
  EXPECT_EQ((*table)->spec()->fields[1].field_id, 1001);
  EXPECT_EQ((*table)->last_partition_id, 1001);
  EXPECT_EQ((*table)->sort_orders, std::vector<SortOrder>{SortOrder{}});
  EXPECT_EQ((*table)->RefHead("main")->manifests, std::vector<std::string>{"file:/t/m0.avro"});
  // Written, it is still v1 for readers that know no lists.
  const json written = json::parse(WriteTableMetadata(**table));
  EXPECT_EQ(written["format-version"], 1);
  EXPECT_EQ(written["schema"]["fields"].size(), 2U);
  EXPECT_EQ(written["partition-spec"].size(), 2U);
  EXPECT_FALSE(written.contains("last-sequence-number"));
  EXPECT_TRUE(ParseTableMetadata(written.dump()));
}

TEST(MetadataJsonTest, V3CarriesRowLineage) {
  json value = FullV2();
  value["format-version"] = 3;
  EXPECT_THAT(ErrorOf(value), HasSubstr("\"next-row-id\" is missing"));
  value["next-row-id"] = 100;
  value["snapshots"][1]["first-row-id"] = 90;
  value["snapshots"][1]["added-rows"] = 10;
  auto table = ParseTableMetadata(value.dump());
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(json::parse(WriteTableMetadata(**table)), value);
}

TEST(MetadataJsonTest, NewerVersionsAreUnsupported) {
  json value = FullV2();
  value["format-version"] = 4;
  EXPECT_THAT(ErrorOf(value, ErrorKind::kUnsupported), HasSubstr("format version 4"));
}

TEST(MetadataJsonTest, EncryptedTablesAreUnsupported) {
  json value = FullV2();
  value["encryption-keys"] = json::array();
  EXPECT_TRUE(ParseTableMetadata(value.dump()));
  value["encryption-keys"] = json::array({{{"key-id", "k"}, {"encrypted-key-metadata", "AA=="}}});
  EXPECT_THAT(ErrorOf(value, ErrorKind::kUnsupported),
              HasSubstr("is encrypted (its metadata has \"encryption-keys\")"));
  value.erase("encryption-keys");
  value["properties"]["encryption.key-id"] = "k";
  EXPECT_THAT(ErrorOf(value, ErrorKind::kUnsupported),
              HasSubstr("is encrypted (table property \"encryption.key-id\")"));
}

TEST(MetadataJsonTest, EachRequiredMemberIsMissed) {
  for (const char* member : {"format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms",
                             "last-column-id", "schemas", "current-schema-id", "partition-specs", "default-spec-id",
                             "last-partition-id", "sort-orders", "default-sort-order-id"}) {
    json value = FullV2();
    value.erase(member);
    EXPECT_THAT(ErrorOf(value), HasSubstr(std::string("\"") + member + "\" is missing"));
  }
}

TEST(MetadataJsonTest, BrokenRulesAreCorrupt) {
  const auto with = [](const char* pointer, const json& member) {
    json value = FullV2();
    value[json::json_pointer(pointer)] = member;
    return ErrorOf(value);
  };
  EXPECT_THAT(with("/current-schema-id", 9), HasSubstr("current-schema-id 9"));
  EXPECT_THAT(with("/default-spec-id", 9), HasSubstr("default-spec-id 9"));
  EXPECT_THAT(with("/default-sort-order-id", 9), HasSubstr("default-sort-order-id 9"));
  EXPECT_THAT(with("/current-snapshot-id", 9), HasSubstr("current-snapshot-id 9"));
  EXPECT_THAT(with("/current-snapshot-id", 9051729175895721601), HasSubstr("branch main is at snapshot"));
  EXPECT_THAT(with("/current-snapshot-id", 9055729175895721600.0), HasSubstr("expected an integer"));
  EXPECT_THAT(with("/refs/v1/snapshot-id", 9), HasSubstr("\"v1\" points at snapshot 9"));
  EXPECT_THAT(with("/refs/v1/type", "label"), HasSubstr("ref \"v1\""));
  EXPECT_THAT(with("/refs/main/type", "tag"), HasSubstr("is no branch"));
  EXPECT_THAT(with("/snapshots/1/sequence-number", 35), HasSubstr("beyond last-sequence-number 34"));
  EXPECT_THAT(with("/snapshots/0/snapshot-id", 9055729175895721600), HasSubstr("twice"));
  EXPECT_THAT(with("/snapshots/0/manifest-list", nullptr), HasSubstr("\"manifests\" is missing"));
  EXPECT_THAT(with("/last-sequence-number", 1e300), HasSubstr("expected an integer"));
  EXPECT_THAT(with("/last-sequence-number", 18446744073709551615U), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(with("/properties", json::array()), HasSubstr("\"properties\": expected an object of strings"));
  EXPECT_THAT(with("/properties/x", 1), HasSubstr("\"x\": expected a string"));
  EXPECT_THAT(with("/format-version", 0), HasSubstr("version 0"));
}

TEST(MetadataJsonTest, TextThatIsNoJson) {
  for (const char* text : {"", "{", "[1,", "nul", "{\"a\":\"\xff\"}", "\x1f\x8b\x08"}) {
    auto table = ParseTableMetadata(text);
    ASSERT_FALSE(table) << text;
    EXPECT_EQ(table.error().kind, ErrorKind::kCorrupt);
  }
  EXPECT_THAT(ParseTableMetadata(std::string(100'000, '[')).error().message, HasSubstr("nested deeper"));
}

TEST(MetadataJsonTest, WhatIsReadOfItHasLimits) {
  const auto error = [](const std::string& text) { return ParseTableMetadata(text).error().message; };
  const std::string large = R"({"x": ")" + std::string(65 << 20, 'y') + "\"}";
  EXPECT_THAT(error(large), HasSubstr("limits.metadata_file_mb = 64"));
  EXPECT_THAT(error(io::Gzip(large)), HasSubstr("limits.metadata_file_mb = 64"));
  std::string values = R"({"x": [0)";
  for (int i = 0; i < 1'100'000; ++i) values += ",0";
  EXPECT_THAT(error(values + "]}"), HasSubstr("limits.json_values = 1000000"));
  const std::string deep(5'000'000, '[');
  EXPECT_THAT(error(R"({"x": )" + deep), HasSubstr("nested deeper"));
  EXPECT_THAT(error(R"({"snapshots": )" + deep + std::string(deep.size(), ']') + "}"), HasSubstr("deeper"));
  EXPECT_THAT(ParseTableReply(R"({"metadata": {"schemas": )" + deep).error().message, HasSubstr("nested deeper"));
}

// Each place where a reply might be cut means reading it up to there.
TEST(MetadataJsonTest, AReplyThatIsAllSnapshotsIsSoonSeenThrough) {
  std::string text = R"({"metadata": {"a": 1)";
  for (int i = 0; i < 300'000; ++i) text += R"(,"snapshots":1)";
  EXPECT_FALSE(ParseTableReplyBeginning(text, {}));
}

TEST(MetadataJsonTest, GzipIsUnpacked) {
  const std::string text = FullV2().dump();
  std::string packed(compressBound(text.size()) + 32, '\0');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);

  auto table = ParseTableMetadata(packed);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ((*table)->table_uuid, "9c12d441-03fe-4693-9a96-a0705ddf69c1");
  EXPECT_FALSE(ParseTableMetadata(packed.substr(0, packed.size() / 2)));
}

TEST(MetadataJsonTest, SummaryWithoutOperationPromisesLeast) {
  auto snapshot =
      ParseSnapshot(R"({"snapshot-id": 1, "timestamp-ms": 2, "manifest-list": "l", "summary": {"a": "b"}})");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->operation(), "overwrite");
  snapshot = ParseSnapshot(R"({"snapshot-id": 1, "timestamp-ms": 2, "manifest-list": "l"})");
  EXPECT_EQ(snapshot->operation(), "");
}

TEST(MetadataJsonTest, NumbersThatNothingCouldFollowAreRefused) {
  const auto with = [](const json& patch) {
    json table = FullV2();
    table.merge_patch(patch);
    return table;
  };
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  constexpr int32_t kMostInt = std::numeric_limits<int32_t>::max();
  EXPECT_THAT(ErrorOf(with({{"last-sequence-number", kMost}})),
              HasSubstr("last-sequence-number is 9223372036854775807"));
  EXPECT_THAT(ErrorOf(with({{"last-sequence-number", -1}})), HasSubstr("last-sequence-number"));
  EXPECT_THAT(ErrorOf(with({{"last-updated-ms", kMost}})), HasSubstr("last-updated-ms"));
  EXPECT_THAT(ErrorOf(with({{"last-column-id", kMostInt}})), HasSubstr("last-column-id"));
  EXPECT_THAT(ErrorOf(with({{"last-column-id", -1}})), HasSubstr("last-column-id"));
  EXPECT_THAT(ErrorOf(with({{"last-partition-id", kMostInt}})), HasSubstr("last-partition-id"));
  for (const auto& [list, id] : {std::pair("schemas", "schema-id"), std::pair("partition-specs", "spec-id"),
                                 std::pair("sort-orders", "order-id")}) {
    json table = FullV2();
    json other = table[list][0];
    other[id] = kMostInt;
    table[list].push_back(other);
    EXPECT_THAT(ErrorOf(table), HasSubstr(id));
  }
  json table = FullV2();
  table["snapshots"][0]["timestamp-ms"] = kMost;
  EXPECT_THAT(ErrorOf(table), HasSubstr("timestamp-ms"));
}

}  // namespace
}  // namespace frazil::iceberg
