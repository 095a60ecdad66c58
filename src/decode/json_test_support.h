// For tests: batches of JSON records.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "decode/json_format.h"
#include "iceberg/schema.h"

namespace frazil::decode {

// Puts values into one buffer with spare bytes at its end, as a source does. nullopt is a tombstone.
inline record::RecordBatch JsonBatch(const std::vector<std::optional<std::string>>& values, int64_t first = 0) {
  record::RecordBatch batch;
  batch.source = {"t", 3};
  batch.first = first;
  batch.next = first + static_cast<int64_t>(values.size());
  for (const auto& value : values) batch.byte_count += value ? value->size() : 0;
  const auto bytes = std::make_shared<char[]>(batch.byte_count + record::kSpareBytes);
  batch.bytes = bytes;
  char* to = bytes.get();
  for (const auto& value : values) {
    record::RecordView view;
    view.offset = first++;
    view.timestamp_ms = 1'700'000'000'000 + view.offset;
    if (value) {
      std::memcpy(to, value->data(), value->size());
      view.value = {to, value->size()};
      to += value->size();
    }
    batch.records.push_back(view);
  }
  return batch;
}

inline iceberg::Field Optional(const std::string& name, iceberg::TypePtr type) {
  iceberg::Field field;
  field.name = name;
  field.type = std::move(type);
  return field;
}

inline iceberg::Field Required(const std::string& name, iceberg::TypePtr type) {
  iceberg::Field field = Optional(name, std::move(type));
  field.required = true;
  return field;
}

inline iceberg::SchemaPtr MakeSchema(const std::vector<iceberg::Field>& fields) {
  int32_t last = 0;
  return std::make_shared<iceberg::Schema>(0, iceberg::AssignFreshIds(fields, 1, &last));
}

}  // namespace frazil::decode
