// Helpers for reading and writing manifests and manifest lists.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/container.h"
#include "common/result.h"

namespace frazil::iceberg {

// The Avro codec for Iceberg's name: gzip, zstd, snappy or uncompressed, in any case. Avro's own names are accepted,
// too.
Result<avro::Codec> ManifestCodec(std::string_view iceberg_name);

// kUnsupported unless manifests can be written in this format version (2 or 3).
Status CheckWritable(int32_t format_version);

// The file's format-version; a v1 file may leave it out. kUnsupported above 3.
Result<int32_t> FormatVersion(const avro::ContainerReader& file);

// kCorrupt unless `record` is a record with all these fields.
Status RequireFields(const avro::Node& record, std::initializer_list<int32_t> field_ids);
// The type of the field with this id; for an optional field, its type when not null. nullptr if the field is missing.
const avro::Node* FieldType(const avro::Node& record, int32_t field_id);

template <class Number>
void WriteOptionalLong(const std::optional<Number>& value, avro::BinaryWriter* writer) {
  writer->WriteLong(value ? 1 : 0);
  if (value) writer->WriteLong(*value);
}
inline void WriteOptionalBytes(const std::optional<std::string>& value, avro::BinaryWriter* writer) {
  writer->WriteLong(value ? 1 : 0);
  if (value) writer->WriteBytes(*value);
}

}  // namespace frazil::iceberg
