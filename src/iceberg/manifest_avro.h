// What reading and writing manifests and manifest lists share.
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

// The Avro codec for Iceberg's name of it: gzip, zstd, snappy, uncompressed, in any case; or Avro's own.
Result<avro::Codec> ManifestCodec(std::string_view iceberg_name);

// Manifests are written in format versions 2 and 3.
Status CheckWritable(int32_t format_version);

// The file's format-version; v1 may leave it out. kUnsupported beyond 3.
Result<int32_t> FormatVersion(const avro::ContainerReader& file);

// kCorrupt unless `record` is a record with all these fields.
Status RequireFields(const avro::Node& record, std::initializer_list<int32_t> field_ids);
// The type of the field with this id, of an optional one its type when not null; null if the field is absent.
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
