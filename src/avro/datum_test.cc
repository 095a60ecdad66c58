#include "avro/datum.h"

#include <gmock/gmock.h>

namespace frazil::avro {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kEverything = R"({"type": "record", "name": "r", "fields": [
    {"name": "null", "type": "null"}, {"name": "boolean", "type": "boolean"}, {"name": "int", "type": "int"},
    {"name": "long", "type": "long"}, {"name": "float", "type": "float"}, {"name": "double", "type": "double"},
    {"name": "bytes", "type": "bytes"}, {"name": "string", "type": "string"},
    {"name": "fixed", "type": {"type": "fixed", "name": "F", "size": 3}},
    {"name": "enum", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
    {"name": "array", "type": {"type": "array", "items": ["null", "long"]}},
    {"name": "map", "type": {"type": "map", "values": "double"}},
    {"name": "next", "type": ["null", "r"]}]})";

Datum::List EveryValue() {
  return {Datum{},
          Datum{true},
          Datum{int32_t{-7}},
          Datum{int64_t{1} << 40},
          Datum{1.5F},
          Datum{-0.25},
          Datum{std::string("\0\xff", 2)},
          Datum{std::string("text")},
          Datum{std::string("xyz")},
          Datum{int32_t{1}},
          Datum{Datum::List{Datum{}, Datum{int64_t{5}, 1}}},
          Datum{Datum::Map{{"b", Datum{1.0}}, {"a", Datum{2.0}}}},
          Datum{}};
}

TEST(Datum, EveryKindComesBack) {
  const auto schema = *Schema::Parse(kEverything);
  Datum::List outer = EveryValue();
  outer.back() = Datum{EveryValue(), 1};
  const Datum datum{outer};
  BinaryWriter writer;
  const Status status = Encode(schema->root(), datum, &writer);
  ASSERT_TRUE(status.has_value()) << status.error().message;
  const auto read = Decode(schema->root(), writer.bytes());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, datum);
  for (size_t size = 0; size < writer.bytes().size(); ++size) {
    EXPECT_FALSE(Decode(schema->root(), std::string_view(writer.bytes()).substr(0, size)).has_value()) << size;
  }
  const auto longer = Decode(schema->root(), writer.bytes() + "?");
  ASSERT_FALSE(longer.has_value());
  EXPECT_THAT(longer.error().message, HasSubstr("1 bytes are left over"));
}

TEST(Datum, TheWrongTypeIsNamedWithItsPlace) {
  const auto schema = *Schema::Parse(kEverything);
  for (size_t i = 0; i < EveryValue().size(); ++i) {
    Datum::List fields = EveryValue();
    fields[i] = i == 0 ? Datum{true} : Datum{Datum::Value{}, 9};
    BinaryWriter writer;
    const Status status = Encode(schema->root(), Datum{fields}, &writer);
    ASSERT_FALSE(status.has_value()) << i;
    EXPECT_EQ(status.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_THAT(status.error().message, HasSubstr("field " + schema->root().fields[i].name));
  }
}

TEST(Datum, ABlockMustBeAsLongAsItSays) {
  const auto schema = *Schema::Parse(R"({"type": "map", "values": "int"})");
  EXPECT_TRUE(Decode(schema->root(), std::string_view("\x01\x06\x02k\x02\x00", 6)).has_value());
  for (const char size : {'\x04', '\x08'}) {
    std::string bytes("\x01\x06\x02k\x02\x00", 6);
    bytes[1] = size;
    const auto read = Decode(schema->root(), bytes);
    ASSERT_FALSE(read.has_value());
    EXPECT_THAT(read.error().message, HasSubstr("a block is not as long as it says"));
  }
}

TEST(Datum, ACountAloneTakesNoMemory) {
  const auto schema = *Schema::Parse(R"({"type": "array", "items": {"type": "record", "name": "e", "fields": []}})");
  BinaryWriter writer;
  writer.WriteBlock(size_t{1} << 60);
  const auto read = Decode(schema->root(), writer.bytes());
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("take no bytes"));
}

TEST(Datum, RecursionOfTheDataIsLimited) {
  const auto schema =
      *Schema::Parse(R"({"type": "record", "name": "R", "fields": [{"name": "next", "type": ["null", "R"]}]})");
  const auto read = Decode(schema->root(), std::string(100000, '\x02'));
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("nested deeper than 128"));
}

}  // namespace
}  // namespace frazil::avro
