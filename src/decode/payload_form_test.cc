#include "decode/payload_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/json_format.h"
#include "decode/json_test_support.h"

namespace frazil::decode {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;
using testing::StartsWith;

std::string Wide(const std::string& text, size_t width, bool big_endian) {
  std::string wide;
  for (const char c : text) {
    std::string unit(width, '\0');
    unit[big_endian ? width - 1 : 0] = c;
    wide += unit;
  }
  return wide;
}

// The reason for which the decoder finds `value` bad.
std::string ReasonFor(const std::string& value) {
  auto decoder = MakeJsonDecoder(MakeSchema({}), {});
  const auto decoded = (*decoder)->Decode(JsonBatch({value}));
  return decoded && decoded->bad.size() == 1 ? decoded->bad[0].reason : "no bad record";
}

TEST(PayloadFormTest, WideTextIsNamedWithAndWithoutAMark) {
  const std::string json = R"({"a":1})";
  EXPECT_THAT(DescribeForm(Wide(json, 2, false)), StartsWith("looks like UTF-16 (little-endian); "));
  EXPECT_THAT(DescribeForm(Wide(json, 2, true)), StartsWith("looks like UTF-16 (big-endian); "));
  EXPECT_THAT(DescribeForm("\xff\xfe" + Wide(json, 2, false)), StartsWith("looks like UTF-16 (little-endian); "));
  EXPECT_THAT(DescribeForm("\xfe\xff" + Wide(json, 2, true)), StartsWith("looks like UTF-16 (big-endian); "));
  EXPECT_THAT(DescribeForm(Wide(json, 4, false)), StartsWith("looks like UTF-32 (little-endian); "));
  EXPECT_THAT(DescribeForm(Wide(json, 4, true)), StartsWith("looks like UTF-32 (big-endian); "));
}

TEST(PayloadFormTest, TheFrameOfASchemaRegistryIsNamedWithItsId) {
  EXPECT_THAT(DescribeForm("\0\0\0\x01\x02\x02\x0aHello"s),
              StartsWith("is framed by a schema registry (magic byte 0, schema id 258), and Avro or Protobuf follows"));
  EXPECT_THAT(DescribeForm("\0\0\0\0\x07{\"a\":1}"s),
              StartsWith("is framed by a schema registry (magic byte 0, schema id 7), and JSON follows"));
  EXPECT_THAT(DescribeForm("\x03\0"s + std::string(16, 'u') + "payload"),
              StartsWith("is framed by the AWS Glue schema registry"));
}

TEST(PayloadFormTest, PackedValuesAndOtherFormatsAreNamed) {
  EXPECT_THAT(DescribeForm("\x1f\x8b\x08\0\0"s), StartsWith("is packed by gzip; "));
  EXPECT_THAT(DescribeForm("\x28\xb5\x2f\xfd\0"s), StartsWith("is packed by Zstandard; "));
  EXPECT_THAT(DescribeForm("\x82SNAPPY\0\0"s), StartsWith("is packed by Snappy; "));
  EXPECT_THAT(DescribeForm("Obj\x01\x04"s), StartsWith("is an Avro file; "));
  EXPECT_THAT(DescribeForm("\xc3\x01 12345678"s), StartsWith("is an Avro object"));
  EXPECT_THAT(DescribeForm("PAR1\x15"s), StartsWith("is a Parquet file; "));
  EXPECT_THAT(DescribeForm("\xac\xed\x00\x05t"s), StartsWith("is a serialized Java object; "));
  EXPECT_THAT(DescribeForm("\x0c\0\0\0\x10"
                           "a\0\x01\0\0\0\0"s),
              StartsWith("is BSON; "));
  EXPECT_THAT(DescribeForm("<order/>"), StartsWith("looks like XML; "));
  EXPECT_THAT(DescribeForm(R"("{\"a\":1}")"), HasSubstr("encoded twice"));
  EXPECT_THAT(DescribeForm("\x0a\x05hello\x10\x07"s),
              StartsWith("is binary, not text: it begins with the bytes 0A 05"));
}

TEST(PayloadFormTest, BrokenJsonIsNothingOfThese) {
  for (const char* text : {"", "{", R"({"a":1)", "{'a': 1}", "null", "1", "hello", "[1, 2]", R"("text")"}) {
    EXPECT_EQ(DescribeForm(text), "") << text;
  }
}

TEST(PayloadFormTest, TheDecoderSaysIt) {
  EXPECT_THAT(ReasonFor(Wide(R"({"a":1})", 2, false)),
              StartsWith("the value is no JSON: it looks like UTF-16 (little-endian); "));
  EXPECT_THAT(ReasonFor(Wide(R"({"a":1})", 2, true)), HasSubstr("it looks like UTF-16 (big-endian); "));
  EXPECT_THAT(ReasonFor("\0\0\0\0\x07\x02\x04hi"s), HasSubstr("(magic byte 0, schema id 7)"));
  EXPECT_THAT(ReasonFor("\x1f\x8b\x08\0\0\0\0\0"s), HasSubstr("it is packed by gzip; "));
  EXPECT_THAT(ReasonFor("\x0a\x05hello\x10\x07"s), HasSubstr("it is binary, not text"));
  EXPECT_THAT(ReasonFor("<order/>"), HasSubstr("it looks like XML"));
}

}  // namespace
}  // namespace frazil::decode
