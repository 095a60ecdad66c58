// Avro schemas of manifests and manifest lists (spec, "Manifests", "Manifest Lists" and appendix A "Avro").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

// Field ids inside manifests that more than one place needs.
constexpr int32_t kStatusId = 0;
constexpr int32_t kDataFileId = 2;
constexpr int32_t kPartitionId = 102;
constexpr int32_t kFilePathId = 100;
constexpr int32_t kFileFormatId = 101;
constexpr int32_t kRecordCountId = 103;
constexpr int32_t kFileSizeId = 104;
constexpr int32_t kManifestPathId = 500;
constexpr int32_t kManifestLengthId = 501;
constexpr int32_t kManifestSpecId = 502;

// A map of a data file, written as an array of key and value records.
struct MetricMapIds {
  int32_t field;
  int32_t key;
  int32_t value;
};
constexpr MetricMapIds kColumnSizes{108, 117, 118};
constexpr MetricMapIds kValueCounts{109, 119, 120};
constexpr MetricMapIds kNullValueCounts{110, 121, 122};
constexpr MetricMapIds kNanValueCounts{137, 138, 139};
constexpr MetricMapIds kLowerBounds{125, 126, 127};
constexpr MetricMapIds kUpperBounds{128, 129, 130};

// JSON. The manifest writers write values in the order of these schemas.
Result<std::string> ManifestEntryAvroSchema(int32_t format_version, const Type& partition_type);
const std::string& ManifestFileAvroSchema(int32_t format_version);

// `name` as an Avro name: other characters as _xHEX, a leading digit behind an underscore (reference: AvroSchemaUtil).
// Letters beyond ASCII are escaped too, for Avro's own alphabet has none.
std::string AvroName(std::string_view name);

// Bytes of the Avro fixed that holds a decimal: the least that hold all values of the precision.
int DecimalFixedBytes(int precision);

}  // namespace frazil::iceberg
