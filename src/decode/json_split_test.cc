// What a table holds must not depend on how its records fell into batches.
#include <gtest/gtest.h>

#include <random>

#include "decode/json_stream_support.h"

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;

// Few keys and few kinds of values, so that records meet, contradict and extend each other often.
class Records {
 public:
  explicit Records(uint32_t seed) : random_(seed) {}

  std::optional<std::string> Record() {
    switch (Below(40)) {
      case 0:
        return std::nullopt;
      case 1:
        return "{\"a\":1";
      default:
        return Object(0);
    }
  }
  size_t Below(size_t n) { return random_() % n; }

 private:
  std::string Object(int depth) {
    std::string text;
    const size_t count = Below(4);
    for (size_t i = 0; i < count; ++i) {
      const std::string key(1, static_cast<char>('a' + Below(depth == 0 ? 9 : 3)));
      text += (i == 0 ? "\"" : ",\"") + (Below(10) == 0 ? "\\u00" + Hex(key[0]) : key) + "\":" + Value(key, depth + 1);
    }
    return "{" + text + "}";
  }
  static std::string Hex(char c) { return fmt::format("{:02x}", static_cast<int>(c)); }

  // A key has a class it mostly keeps to.
  std::string Value(const std::string& key, int depth) {
    size_t kind = Below(6) == 0 ? Below(14) : static_cast<size_t>(key[0] - 'a') + (Below(5) == 0 ? 9 : 0);
    if (depth > 3) kind %= 5;
    switch (kind) {
      case 0:
        return std::to_string(Below(100));
      case 1:
        return Below(3) == 0 ? "7" : "1.5";
      case 2:
        return "\"text\"";
      case 3:
        return Below(2) == 0 ? "\"2026-01-08\"" : "\"2026-01-08T10:00:00\"";
      case 4:
        return "true";
      case 5:
      case 6:
        return Object(depth);
      case 7:
      case 8: {
        std::string text;
        const size_t count = Below(4);
        const std::string element(1, static_cast<char>('a' + Below(9)));
        for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + Value(element, depth + 1);
        return "[" + text + "]";
      }
      case 9:
        return "null";
      case 10:
        return "[]";
      case 11:
        return "{}";
      case 12:
        return "99999999999999999999";
      default:
        return "[null,{\"b\":[]}]";
    }
  }

  std::mt19937 random_;
};

TEST(JsonSplitTest, BatchesMakeNoDifference) {
  const std::vector<std::vector<iceberg::Field>> schemas = {
      {},
      {Optional("a", Type::Primitive(TypeKind::kLong)), Required("c", Type::Primitive(TypeKind::kString))},
      {Optional("f", Type::Map(0, Type::Primitive(TypeKind::kString), 0,
                               Type::Struct({Optional("a", Type::Primitive(TypeKind::kLong))}), false)),
       Optional("h", Type::List(0, Type::Struct({Optional("b", Type::Primitive(TypeKind::kDouble))}), false))},
  };
  size_t rows = 0, bad = 0;
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    Records records(seed);
    std::vector<std::optional<std::string>> values(1 + records.Below(24));
    for (auto& value : values) value = records.Record();
    DecoderOptions options;
    options.add_columns = records.Below(6) != 0;
    options.infer_time = records.Below(2) == 0;
    if (records.Below(3) == 0) options.max_columns = static_cast<int64_t>(records.Below(8));
    const auto& fields = schemas[records.Below(schemas.size())];

    const StreamResult whole = RunStream(fields, values, {values.size()}, options);
    rows += whole.rows.size();
    bad += whole.bad.size();
    std::vector<std::vector<size_t>> splits(2);
    for (size_t i = 1; i <= values.size(); ++i) splits[0].push_back(i);  // one by one
    for (size_t i = 1; i <= values.size(); ++i) {
      if (i == values.size() || records.Below(3) == 0) splits[1].push_back(i);
    }
    for (const auto& split : splits) {
      const StreamResult parts = RunStream(fields, values, split, options);
      std::string story;
      for (const auto& value : values) story += (value ? *value : "tombstone") + "\n";
      ASSERT_EQ(parts.schema, whole.schema) << "seed " << seed << "\n" << story;
      ASSERT_EQ(parts.rows, whole.rows) << "seed " << seed << "\n" << story;
      ASSERT_EQ(parts.tombstones, whole.tombstones);
      std::vector<int64_t> bad_parts, bad_whole;
      for (const auto& [offset, reason] : parts.bad) bad_parts.push_back(offset);
      for (const auto& [offset, reason] : whole.bad) bad_whole.push_back(offset);
      ASSERT_EQ(bad_parts, bad_whole) << "seed " << seed << "\n" << story;
    }
    // Nor does the way that a record takes: none with a byte order mark goes the direct one.
    std::vector<std::optional<std::string>> marked = values;
    for (auto& value : marked) {
      if (value) value->insert(0, "\xEF\xBB\xBF");
    }
    const StreamResult long_way = RunStream(fields, marked, {marked.size()}, options);
    ASSERT_EQ(long_way.schema, whole.schema) << "seed " << seed;
    ASSERT_EQ(long_way.rows, whole.rows) << "seed " << seed;
    ASSERT_EQ(long_way.bad.size(), whole.bad.size()) << "seed " << seed;
  }
  // The test tests something.
  EXPECT_GT(rows, 5000u);
  EXPECT_GT(bad, 1000u);
}

}  // namespace
}  // namespace frazil::decode
