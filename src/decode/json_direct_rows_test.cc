#include "decode/json_direct_rows.h"

#include <arrow/api.h>
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "decode/json_rows.h"
#include "decode/json_test_support.h"
#include "parquet/schema_bridge.h"

namespace frazil::decode {
namespace {

using iceberg::Field;
using iceberg::Type;
using iceberg::TypeKind;

Field Payload(std::vector<Field> fields) { return Required("", Type::Struct(std::move(fields))); }

std::vector<Field> AllTypes() {
  std::vector<Field> all;
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kBinary); ++kind) {
    const auto k = static_cast<TypeKind>(kind);
    const auto type = k == TypeKind::kDecimal ? Type::Decimal(20, 3)
                      : k == TypeKind::kFixed ? Type::Fixed(3)
                                              : Type::Primitive(k);
    all.push_back(Optional(k == TypeKind::kDecimal ? "decimal" : type->ToString(), type));
  }
  const auto text = Type::Primitive(TypeKind::kString);
  all.push_back(Optional("s", Type::Struct({Optional("a", text), Optional("b", Type::Primitive(TypeKind::kLong))})));
  all.push_back(Optional("l", Type::List(0, Type::Struct({Optional("a", text)}), false)));
  all.push_back(Optional("n", Type::List(0, Type::Primitive(TypeKind::kDouble), false)));
  all.push_back(Optional("m", Type::Map(0, text, 0, Type::Primitive(TypeKind::kLong), false)));
  return all;
}

// A record's bytes and nothing but spare ones behind them, all of which look as if the record went on.
class Bytes {
 public:
  Bytes(const std::string& text, char spare) : size_(text.size()), bytes_(new char[size_ + record::kSpareBytes]) {
    std::memcpy(bytes_.get(), text.data(), size_);
    std::memset(bytes_.get() + size_, spare, record::kSpareBytes);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> bytes_;
};

class JsonDirectRowsTest : public testing::Test {
 protected:
  JsonDirectRowsTest() { EXPECT_EQ(parser_.allocate(4096), simdjson::SUCCESS); }

  static std::shared_ptr<arrow::Array> Rows(Column& root) {
    auto rows = arrow::MakeArray(root.Finish(*parquet::ToArrowType(root.type())));
    EXPECT_TRUE(rows->ValidateFull().ok());
    return rows;
  }
  // The row that is made of the text directly; nullptr if none is.
  std::shared_ptr<arrow::Array> Directly(const Field& payload, const std::string& text, char spare = '\0') {
    Column root(payload, nullptr);
    const Bytes bytes(text, spare);
    return AppendDirectly(bytes.view(), parser_, root) ? Rows(root) : nullptr;
  }
  // By the long way, on which a byte order mark sends every record.
  static std::shared_ptr<arrow::Array> AtLength(const Field& payload, const std::string& text) {
    Column root(payload, nullptr);
    const Bytes bytes("\xEF\xBB\xBF" + text, '\0');
    JsonRows rows({});
    return rows.Append(bytes.view(), root) == JsonRows::Outcome::kRow ? Rows(root) : nullptr;
  }
  void ExpectSame(const Field& payload, const std::string& text) {
    const auto direct = Directly(payload, text);
    const auto other = AtLength(payload, text);
    ASSERT_NE(direct, nullptr) << text;
    ASSERT_NE(other, nullptr) << text;
    EXPECT_TRUE(direct->Equals(other, arrow::EqualOptions().signed_zeros_equal(false))) << text << "\n"
                                                                                        << direct->ToString() << "\n"
                                                                                        << other->ToString();
  }

  simdjson::ondemand::parser parser_;
};

TEST_F(JsonDirectRowsTest, TakesWhatTheColumnsExpect) {
  const Field all = Payload(AllTypes());
  for (const char* text : {
           R"({})",
           R"( { "long" : 1 , "int" : -2 } )",
           R"({"boolean":true,"int":7,"long":123456789012345678,"float":1.5,"double":-0.1,"decimal":12.125})",
           R"({"date":"2026-01-08","time":"14:05","timestamp":"2026-01-08T14:05:09.123","timestamptz":1767881109500})",
           R"({"timestamp_ns":1767881109500,"timestamptz_ns":"2026-01-08T14:05:09.123456789+01:00"})",
           R"({"string":"plain","uuid":"f79c3e09-677c-4bbd-a479-3f349cb785e7","fixed[3]":"AQID","binary":"AQID"})",
           R"({"string":"a text of more than one step, and more than two of them"})",
           R"({"string":"Tromsø \"quoted\" \\ \u00e6\ud83d\ude00\n"})",
           R"({"string":"","double":0,"int":0,"decimal":"1.5"})",
           R"({"long":null,"s":null,"l":null})",
           R"({"s":{"a":"x"},"l":[{"a":"y"},{},{"a":null},null],"n":[1,2.5,null,-3e2]})",
           R"({"s":{"b":null,"a":"x"},"string":"behind"})",
       }) {
    ExpectSame(all, text);
  }
}

TEST_F(JsonDirectRowsTest, RoundsNumbersAsTheLongWay) {
  const Field number = Payload({Optional("d", Type::Primitive(TypeKind::kDouble))});
  for (const char* text : {"0",
                           "-0",
                           "0.0",
                           "-0.0",
                           "0.1",
                           "-12.5",
                           "9007199254740993",
                           "9007199254740992.5",
                           "0.30000000000000004",
                           "123456789.123456789",
                           "1.7976931348623157e308",
                           "1e22",
                           "1e23",
                           "5e-324",
                           "2.2250738585072011e-308",
                           "0.1234567890123456789012345678901234567890",
                           "999999999999999999",
                           "99999999.99999999",
                           "1E+2",
                           "8.5e-7"}) {
    ExpectSame(number, fmt::format(R"({{"d":{}}})", text));
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 120) - 100);
    ExpectSame(number, fmt::format(R"({{"d":{}}})", value));
    ExpectSame(number, fmt::format(R"({{"d":{:.{}f}}})", std::fmod(value, 1e6), random() % 20));
  }
}

TEST_F(JsonDirectRowsTest, GivesUpWhatWantsACloserLook) {
  const Field all = Payload(AllTypes());
  for (const char* text : {
           "",
           " ",
           "null",
           "[]",
           R"("text")",
           R"({"long":1)",
           R"({"long":1}})",
           R"({"long":1} 2)",
           R"({"long":1,})",
           R"({"long":01})",
           R"({"long":-})",
           R"({"long":1.0})",
           R"({"long":1e3})",
           R"({"long":99999999999999999999})",
           R"({"int":2147483648})",
           R"({"double":1.})",
           R"({"double":.5})",
           R"({"double":1e})",
           R"({"double":1e999})",
           R"({"double":NaN})",
           R"({"double":99999999999999999999})",
           R"({"boolean":tru})",
           R"({"boolean":truex})",
           R"({"long":nul})",
           R"({"string":"not ended})",
           R"({"string":"\x"})",
           R"({"string":"\ud800"})",
           "{\"string\":\"a\nb\"}",
           "{\"string\":\"\xff\"}",
           R"({"long":1,"long":2})",
           R"({"unknown":1})",
           R"({"s":{}})",
           R"({"s":{"a":null}})",
           R"({"l":[]})",
           R"({"n":[null]})",
           R"({"n":[1,]})",
           R"({"m":{"a":1}})",
           R"({"date":"2026-02-30"})",
           R"({"date":1})",
           R"({"decimal":0.0001})",
       }) {
    for (const char spare : {'\0', '1', '"', '}', ']', ' ', ','}) {
      EXPECT_EQ(Directly(all, text, spare), nullptr) << text;
    }
  }
  EXPECT_EQ(Directly(Payload({Required("r", Type::Primitive(TypeKind::kLong))}), "{}"), nullptr);
  EXPECT_EQ(Directly(Payload({Required("r", Type::Primitive(TypeKind::kLong))}), R"({"r":null})"), nullptr);
  EXPECT_EQ(Directly(Payload({Optional("a\nb", Type::Primitive(TypeKind::kLong))}), "{\"a\nb\":1}"), nullptr);
}

TEST_F(JsonDirectRowsTest, AgreesWithTheLongWayWhateverTheRecord) {
  const Field all = Payload(AllTypes());
  const std::vector<std::string> good = {
      R"({"boolean":true,"int":7,"long":1234567890123,"float":1.5,"double":-20.125,"decimal":12.125})",
      R"({"string":"plain","date":"2026-01-08","timestamp":"2026-01-08T14:05:09.123","timestamptz":17678811095})",
      R"({"s":{"a":"x","b":1},"l":[{"a":"y"},{}],"n":[1,2.5,null],"string":"Troms\u00f8 and Tromsø","long":0})",
      R"({"uuid":"f79c3e09-677c-4bbd-a479-3f349cb785e7","fixed[3]":"AQID","binary":"AQID","time":"14:05:09"})",
  };
  constexpr std::string_view kSigns = "\"\\{}[]:, 0123456789.-+eEntfaz\n\xC3\xB8\xFF";
  std::mt19937 random(2);
  const auto below = [&](size_t n) { return random() % n; };
  int direct = 0, refused = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = good[below(good.size())];
    for (size_t changes = below(3); changes > 0 && !text.empty(); --changes) {
      const char sign = kSigns[below(kSigns.size())];
      const size_t at = below(text.size());
      switch (below(4)) {
        case 0:
          text[at] = sign;
          break;
        case 1:
          text.insert(at, 1, sign);
          break;
        case 2:
          text.erase(at, 1);
          break;
        default:
          text.resize(at);
      }
    }
    const auto row = Directly(all, text, kSigns[below(kSigns.size())]);
    if (row == nullptr) {
      ++refused;
      continue;
    }
    ++direct;
    const auto other = AtLength(all, text);
    ASSERT_NE(other, nullptr) << text;
    ASSERT_TRUE(row->Equals(other, arrow::EqualOptions().signed_zeros_equal(false))) << text;
  }
  // The test tests something.
  EXPECT_GT(direct, 20'000);
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace frazil::decode
