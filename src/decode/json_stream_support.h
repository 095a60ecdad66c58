// For tests and fuzzing: runs a stream of records through decoders as a pipeline does.
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

// Renders a value without nulls, so that rows of a narrower and of a wider schema give the same text. A null struct
// differs from an empty one.
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

// The type of `place` with an addition applied, as a catalog would do it.
inline iceberg::TypePtr WithAddition(const iceberg::Field& place, const iceberg::ColumnAddition& addition,
                                     bool is_root = true) {
  using iceberg::Type;
  std::vector<iceberg::Field> below = place.type->fields();
  for (auto& field : below) field.type = WithAddition(field, addition, /*is_root=*/false);
  switch (place.type->kind()) {
    case iceberg::TypeKind::kStruct:
      // A column that was just added has no id yet.
      if (addition.parent_id == 0 ? is_root : place.id == addition.parent_id) {
        for (const auto& there : below) {
          if (there.name == addition.field.name) throw std::runtime_error("added twice: " + addition.field.name);
        }
        below.push_back(addition.field);
      }
      return Type::Struct(std::move(below));
    case iceberg::TypeKind::kList:
      return Type::List(below[0].id, below[0].type, below[0].required);
    case iceberg::TypeKind::kMap:
      return Type::Map(below[0].id, below[0].type, below[1].id, below[1].type, below[1].required);
    default:
      return place.type;
  }
}

struct StreamResult {
  std::string schema;
  std::map<int64_t, std::string> rows;
  std::map<int64_t, std::string> bad;
  int64_t tombstones = 0;
};

// `ends` are the ends of the batches, in ascending order; the last is the number of values.
inline StreamResult RunStream(std::vector<iceberg::Field> fields, const std::vector<std::optional<std::string>>& values,
                              const std::vector<size_t>& ends, const DecoderOptions& options,
                              const Format& format = *DefaultFormat()) {
  StreamResult result;
  const auto make = [&] {
    int32_t last = 0;
    fields = iceberg::AssignFreshIds(fields, 1, &last);
    auto decoder = format.MakeDecoder({std::make_shared<iceberg::Schema>(0, fields)}, options);
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
      iceberg::Field root;
      root.type = iceberg::Type::Struct(fields);
      for (const auto& addition : decoded->new_columns) root.type = WithAddition(root, addition);
      fields = root.type->fields();
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
