#include "avro/binary.h"

#include <gmock/gmock.h>

#include <limits>

namespace frazil::avro {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

TEST(Binary, NumbersComeBack) {
  const int64_t values[] = {0,
                            -1,
                            1,
                            63,
                            64,
                            -64,
                            -65,
                            8192,
                            std::numeric_limits<int32_t>::max(),
                            std::numeric_limits<int32_t>::min(),
                            std::numeric_limits<int64_t>::max(),
                            std::numeric_limits<int64_t>::min()};
  BinaryWriter writer;
  for (const int64_t value : values) writer.WriteLong(value);
  writer.WriteFloat(1.5F);
  writer.WriteDouble(-2.25);
  writer.WriteBoolean(true);
  writer.WriteBytes("ab");
  BinaryReader reader(writer.bytes());
  for (const int64_t value : values) EXPECT_EQ(reader.ReadLong(), value);
  EXPECT_EQ(reader.ReadFloat(), 1.5F);
  EXPECT_EQ(reader.ReadDouble(), -2.25);
  EXPECT_TRUE(reader.ReadBoolean());
  EXPECT_EQ(reader.ReadBytes(), "ab");
  EXPECT_TRUE(reader.status().has_value());
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(Binary, EncodesAsTheSpecificationShows) {
  BinaryWriter writer;
  for (const int64_t value : {0, -1, 1, -2, 2, -64, 64}) writer.WriteLong(value);
  writer.WriteBytes("foo");
  EXPECT_EQ(writer.bytes(), "\x00\x01\x02\x03\x04\x7f\x80\x01\x06"s + "foo");
}

std::string ErrorOf(const BinaryReader& reader) {
  const Status status = reader.status();
  if (status) return "ok";
  EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  return status.error().message;
}

TEST(Binary, NumbersBeyondTheirWidthAreRefused) {
  BinaryReader too_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  EXPECT_EQ(too_long.ReadLong(), 0);
  EXPECT_THAT(ErrorOf(too_long), HasSubstr("more than 64 bits at byte 10"));
  BinaryReader cut("\xff");
  cut.ReadLong();
  EXPECT_THAT(ErrorOf(cut), HasSubstr("ends inside a number"));
  BinaryWriter writer;
  writer.WriteLong(int64_t{1} << 31);
  BinaryReader wide(writer.bytes());
  wide.ReadInt();
  EXPECT_THAT(ErrorOf(wide), HasSubstr("more than 32 bits"));
}

TEST(Binary, TheFirstErrorSticks) {
  const std::string bytes = "\x02"s + "\x04"s;
  BinaryReader reader(bytes);
  EXPECT_FALSE(reader.ReadBoolean());
  EXPECT_EQ(reader.ReadLong(), 0);
  EXPECT_EQ(reader.ReadBytes(), "");
  EXPECT_EQ(reader.ReadBlock(1).count, 0);
  EXPECT_EQ(ErrorOf(reader), "Avro data: a boolean is neither 0 nor 1 at byte 1");
}

TEST(Binary, CountsAndLengthsAreHeldToTheBytesThatAreLeft) {
  BinaryWriter writer;
  writer.WriteLong(1000);
  BinaryReader length(writer.bytes());
  length.ReadBytes();
  EXPECT_THAT(ErrorOf(length), HasSubstr("1000 bytes are announced and 0 are left at byte 2"));
  BinaryReader count(writer.bytes());
  EXPECT_EQ(count.ReadBlock(1).count, 0);
  EXPECT_THAT(ErrorOf(count), HasSubstr("1000 items are announced"));
  BinaryReader nothing(writer.bytes());
  EXPECT_EQ(nothing.ReadBlock(0).count, 1000);
  EXPECT_EQ(nothing.unpaid_empty_values(), 998) << "two bytes paid";
  EXPECT_TRUE(nothing.ChargeEmpty(BinaryReader::kMaxEmptyValues - 998));
  EXPECT_FALSE(nothing.ChargeEmpty(1));
  EXPECT_THAT(ErrorOf(nothing), HasSubstr("values take no bytes"));

  writer.Clear();
  writer.WriteLong(-1);
  BinaryReader negative(writer.bytes());
  negative.ReadBytes();
  EXPECT_THAT(ErrorOf(negative), HasSubstr("negative"));
  writer.WriteLong(7);
  BinaryReader block(writer.bytes());
  EXPECT_EQ(block.ReadBlock(1).count, 0);
  EXPECT_THAT(ErrorOf(block), HasSubstr("a block of 7 bytes"));
  writer.Clear();
  writer.WriteLong(std::numeric_limits<int64_t>::min());
  BinaryReader smallest(writer.bytes());
  EXPECT_EQ(smallest.ReadBlock(1).count, 0);
  EXPECT_THAT(ErrorOf(smallest), HasSubstr("out of range"));
}

TEST(Binary, SkipsEveryKind) {
  const auto schema = Schema::Parse(R"({"type": "record", "name": "r", "fields": [
    {"name": "a", "type": "null"}, {"name": "b", "type": "boolean"}, {"name": "c", "type": "int"},
    {"name": "d", "type": "float"}, {"name": "e", "type": "double"}, {"name": "f", "type": "string"},
    {"name": "g", "type": {"type": "fixed", "name": "F", "size": 3}},
    {"name": "h", "type": {"type": "enum", "name": "E", "symbols": ["A"]}},
    {"name": "i", "type": {"type": "array", "items": "long"}}, {"name": "j", "type": {"type": "map", "values": "int"}},
    {"name": "k", "type": ["null", "string"]}]})");
  ASSERT_TRUE(schema.has_value()) << schema.error().message;
  BinaryWriter writer;
  writer.WriteBoolean(true);
  writer.WriteLong(300);
  writer.WriteFloat(1);
  writer.WriteDouble(2);
  writer.WriteBytes("text");
  writer.WriteFixed("xyz");
  writer.WriteLong(0);
  writer.WriteBlock(2);
  writer.WriteLong(1);
  writer.WriteLong(2);
  writer.WriteLong(-1);  // a second block that tells its size
  writer.WriteLong(2);
  writer.WriteLong(500);
  writer.EndBlocks();
  writer.WriteBlock(1);
  writer.WriteBytes("key");
  writer.WriteLong(4);
  writer.EndBlocks();
  writer.WriteLong(1);
  writer.WriteBytes("there");
  BinaryReader reader(writer.bytes());
  reader.Skip((*schema)->root());
  EXPECT_EQ(ErrorOf(reader), "ok");
  EXPECT_EQ(reader.remaining(), 0U);
  for (size_t size = 0; size < writer.bytes().size(); ++size) {
    BinaryReader cut(std::string_view(writer.bytes()).substr(0, size));
    cut.Skip((*schema)->root());
    EXPECT_FALSE(cut.ok()) << size;
  }
}

// 10^20 records out of no bytes at all, and a list without end.
TEST(Binary, SchemasThatExplodeAreStopped) {
  std::string json = R"({"type": "record", "name": "R0", "fields": []})";
  for (int level = 1; level <= 20; ++level) {
    std::string below;
    for (int i = 0; i < 10; ++i) {
      below += fmt::format(R"({}{{"name": "f{}", "type": {}}})", i == 0 ? "" : ", ", i,
                           i == 0 ? json : fmt::format("\"R{}\"", level - 1));
    }
    json = fmt::format(R"({{"type": "record", "name": "R{}", "fields": [{}]}})", level, below);
  }
  const auto schema = Schema::Parse(json);
  ASSERT_TRUE(schema.has_value()) << schema.error().message;
  BinaryReader nothing("");
  nothing.Skip((*schema)->root());
  EXPECT_THAT(ErrorOf(nothing), HasSubstr("values take no bytes"));

  const auto endless =
      Schema::Parse(R"({"type": "record", "name": "R", "fields": [{"name": "next", "type": ["null", "R"]}]})");
  const std::string next(1000000, '\x02');
  BinaryReader deep(next);
  deep.Skip((*endless)->root());
  EXPECT_THAT(ErrorOf(deep), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace frazil::avro
