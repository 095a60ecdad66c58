// What a table holds must not depend on how its records fell into batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
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
        return Below(6) == 0 ? "1099511627776" : std::to_string(Below(100));
      case 1:
        return Below(8) == 0 ? "0.1" : Below(3) == 0 ? "7" : "1.5";
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
  // As other engines make them: narrow, required.
  const auto narrow = Type::Primitive(TypeKind::kInt);
  const std::vector<iceberg::Field> foreign = {
      Required("a", narrow),
      Optional("b", Type::Primitive(TypeKind::kFloat)),
      Optional("c", Type::Primitive(TypeKind::kString)),
      Required("f", Type::Struct({Required("a", narrow), Optional("b", Type::Decimal(3, 1))})),
      Required("g", Type::Map(0, Type::Primitive(TypeKind::kString), 0, narrow, true)),
      Required("h", Type::List(0, narrow, true)),
      Required("i", Type::List(0, Type::Struct({Required("b", Type::Primitive(TypeKind::kFloat))}), true))};
  size_t rows = 0, bad = 0, wider = 0;
  std::array<int64_t, 4> counts = {};
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    Records records(seed);
    std::vector<std::optional<std::string>> values(1 + records.Below(24));
    for (auto& value : values) value = records.Record();
    DecoderOptions options;
    options.add_columns = records.Below(6) != 0;
    options.infer_time = records.Below(2) == 0;
    if (records.Below(3) == 0) options.max_columns = static_cast<int64_t>(records.Below(8));
    auto fields = schemas[records.Below(schemas.size())];
    if (records.Below(2) == 0) {
      options.full = options.add_columns;
      for (const auto& field : foreign) {
        if (records.Below(2) == 0) fields.push_back(field);
        const bool declared = fields.size() > 0 && fields.back().name == field.name && records.Below(4) == 0;
        if (declared) options.declared.push_back(field);
      }
      std::vector<iceberg::Field> once;
      for (const auto& field : fields) {
        const auto same = [&](const iceberg::Field& other) { return other.name == field.name; };
        if (std::none_of(once.begin(), once.end(), same)) once.push_back(field);
      }
      fields = once;
      if (records.Below(3) == 0)
        options.renames = *Renames::Make({{"z", "a"}, {"d", "e"}, {"f.c", "a"}, {"h.element.a", "b"}});
    }

    const auto unknown = records.Below(8);
    if (unknown < 3) options.on_unknown_field = static_cast<OnUnknownField>(1 + unknown);
    options.unknown_fields_column = "rest";
    if (options.on_unknown_field == OnUnknownField::kColumn) fields.push_back(FilledFields(options).back());
    const auto conflict = records.Below(6);
    if (conflict < 2) options.on_type_conflict = static_cast<OnTypeConflict>(1 + conflict);

    const StreamResult whole = RunStream(fields, values, {values.size()}, options);
    rows += whole.rows.size();
    wider += whole.changes;
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
      for (const auto* of : {&whole, &parts}) {
        for (const auto& [offset, reason] : of->bad) story += fmt::format("bad {}: {}\n", offset, reason);
        story += of->schema + "\n";
      }
      ASSERT_EQ(parts.schema, whole.schema) << "seed " << seed << "\n" << story;
      ASSERT_EQ(parts.rows, whole.rows) << "seed " << seed << "\n" << story;
      ASSERT_EQ(parts.tombstones, whole.tombstones);
      ASSERT_EQ(parts.counts, whole.counts) << "seed " << seed << "\n" << story;
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
    ASSERT_EQ(long_way.counts, whole.counts) << "seed " << seed;
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += whole.counts[i];
  }
  // The test tests something.
  EXPECT_GT(rows, 5000u);
  EXPECT_GT(bad, 1000u);
  EXPECT_GT(wider, 200u);
  EXPECT_THAT(counts, testing::Each(testing::Gt(30)));
}

}  // namespace
}  // namespace frazil::decode
