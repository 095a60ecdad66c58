// For tests and fuzzing: runs a stream of records through decoders as a pipeline does.
#pragma once

#include <arrow/api.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
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

// The type, or struct of fields, of the schema with a change made, as the catalog would.
inline iceberg::TypePtr WithChange(const iceberg::Field& place, const iceberg::SchemaChange& change,
                                   bool is_root = true) {
  using iceberg::Type;
  std::vector<iceberg::Field> below = place.type->fields();
  for (auto& field : below) {
    field.type = WithChange(field, change, /*is_root=*/false);
    for (const int32_t id : change.relaxed) {
      if (id != field.id) continue;
      if (!field.required) throw std::runtime_error("optional already: " + field.name);
      field.required = false;
    }
  }
  switch (place.type->kind()) {
    case iceberg::TypeKind::kStruct:
      for (const auto& addition : change.additions) {
        // What was added just now has no id yet.
        if (addition.parent_id == 0 ? !is_root : place.id != addition.parent_id) continue;
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
      for (const auto& wider : change.promotions) {
        if (wider.field_id != place.id) continue;
        if (!iceberg::CanPromote(*place.type, *wider.type)) throw std::runtime_error("no promotion: " + place.name);
        return wider.type;
      }
      return place.type;
  }
}

struct StreamResult {
  std::string schema;
  std::map<int64_t, std::string> rows;
  std::map<int64_t, std::string> bad;
  int64_t tombstones = 0;
  size_t changes = 0;                  // of columns that were there
  std::array<int64_t, 4> counts = {};  // FieldCounts, as they stand there
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
      root.type = WithChange(root, decoded->growth);
      result.changes += decoded->growth.promotions.size() + decoded->growth.relaxed.size();
      fields = root.type->fields();
      decoder = make();
      decoded = decoder->Decode(batch);
    }
    if (!decoded) throw std::runtime_error(decoded.error().message);
    if (!decoded->rows) throw std::runtime_error("asks for columns a second time");
    if (const auto valid = decoded->rows->ValidateFull(); !valid.ok()) throw std::runtime_error(valid.ToString());
    result.tombstones += decoded->tombstones;
    const FieldCounts& counted = decoded->fields;
    result.counts[0] += counted.left_out;
    result.counts[1] += counted.kept;
    result.counts[2] += counted.as_text;
    result.counts[3] += counted.beside;
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
