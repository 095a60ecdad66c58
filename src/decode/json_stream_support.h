// Runs a stream of JSON records through decoders as a pipeline does, for tests and fuzzing.
#pragma once

#include <arrow/api.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "decode/json_test_support.h"
#include "iceberg/type_text.h"

namespace frazil::decode {

// A value without its nulls, so that rows of a narrower and of a wider schema look the same. A null struct is not an
// empty one.
inline std::string Render(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return "null";
  std::string text;
  switch (array.type_id()) {
    case arrow::Type::STRUCT: {
      const auto& row = static_cast<const arrow::StructArray&>(array);
      for (int f = 0; f < row.num_fields(); ++f) {
        if (row.field(f)->IsValid(i))
          text += row.struct_type()->field(f)->name() + "=" + Render(*row.field(f), i) + ";";
      }
      return "{" + text + "}";
    }
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      for (int64_t e = list.value_offset(i); e < list.value_offset(i + 1); ++e) text += Render(*list.values(), e) + ",";
      return "[" + text + "]";
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      for (int64_t e = map.value_offset(i); e < map.value_offset(i + 1); ++e) {
        text += Render(*map.keys(), e) + ":" + Render(*map.items(), e) + ",";
      }
      return "<" + text + ">";
    }
    default:
      return array.GetScalar(i).ValueOrDie()->ToString();
  }
}

// The fields with an addition applied, as the catalog would.
inline std::vector<iceberg::Field> WithAddition(std::vector<iceberg::Field> fields, const std::string& parent,
                                                const iceberg::Field& field);

inline iceberg::TypePtr WithAddition(const iceberg::TypePtr& type, const std::string& parent,
                                     const iceberg::Field& field) {
  using iceberg::Type;
  if (type->kind() == iceberg::TypeKind::kStruct) return Type::Struct(WithAddition(type->fields(), parent, field));
  const auto below = WithAddition(type->fields(), parent, field);
  if (type->kind() == iceberg::TypeKind::kList) return Type::List(0, below[0].type, below[0].required);
  return Type::Map(0, below[0].type, 0, below[1].type, below[1].required);
}

inline std::vector<iceberg::Field> WithAddition(std::vector<iceberg::Field> fields, const std::string& parent,
                                                const iceberg::Field& field) {
  if (parent.empty()) {
    for (const auto& there : fields) {
      if (there.name == field.name) throw std::runtime_error("added twice: " + field.name);
    }
    fields.push_back(field);
    return fields;
  }
  // A name may hold a dot, so the longest name that begins the path and has fields below it is meant.
  iceberg::Field* next = nullptr;
  for (auto& there : fields) {
    const bool begins = parent == there.name || parent.rfind(there.name + ".", 0) == 0;
    if (begins && there.type->is_nested() && (!next || there.name.size() > next->name.size())) next = &there;
  }
  if (!next) throw std::runtime_error("no such parent: " + parent);
  const std::string rest = parent == next->name ? "" : parent.substr(next->name.size() + 1);
  next->type = WithAddition(next->type, rest, field);
  return fields;
}

struct StreamResult {
  std::string schema;
  std::map<int64_t, std::string> rows;
  std::map<int64_t, std::string> bad;
  int64_t tombstones = 0;
};

// `ends` are the offsets at which batches end, ascending; the last is the number of values.
inline StreamResult RunStream(std::vector<iceberg::Field> fields, const std::vector<std::optional<std::string>>& values,
                              const std::vector<size_t>& ends, const DecoderOptions& options) {
  StreamResult result;
  const auto make = [&] {
    auto decoder = MakeJsonDecoder(MakeSchema(fields), options);
    if (!decoder) throw std::runtime_error(decoder.error().message);
    return *std::move(decoder);
  };
  auto decoder = make();
  size_t from = 0;
  for (const size_t end : ends) {
    const auto batch =
        JsonBatch({values.begin() + static_cast<int64_t>(from), values.begin() + static_cast<int64_t>(end)},
                  static_cast<int64_t>(from));
    from = end;
    auto decoded = decoder->Decode(batch);
    if (decoded && !decoded->rows) {
      for (const auto& addition : decoded->new_columns) fields = WithAddition(fields, addition.parent, addition.field);
      decoder = make();
      decoded = decoder->Decode(batch);
    }
    if (!decoded) throw std::runtime_error(decoded.error().message);
    if (!decoded->rows) throw std::runtime_error("asks for columns a second time");
    if (const auto valid = decoded->rows->ValidateFull(); !valid.ok()) throw std::runtime_error(valid.ToString());
    result.tombstones += decoded->tombstones;
    for (const auto& bad : decoded->bad) result.bad[bad.offset] = bad.reason;
    const auto rows = decoded->rows->ToStructArray().ValueOrDie();
    int64_t row = 0;
    for (const auto& record : batch.records) {
      if (record.value.data() && !result.bad.contains(record.offset)) {
        result.rows[record.offset] = Render(*rows, row++);
      }
    }
    if (row != rows->length()) throw std::runtime_error("rows and bad records are not all records");
  }
  result.schema = TypeText(*iceberg::Type::Struct(fields));
  return result;
}

}  // namespace frazil::decode
