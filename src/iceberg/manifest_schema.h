// Avro schemas of manifests and manifest lists (spec, "Manifests", "Manifest Lists" and appendix A "Avro").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

// Field ids in manifests that several files need.
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

// The ids of a map in a data file entry. It is written as an array of records with key and value.
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

// The schemas as JSON. The writers write values in the order of these schemas.
Result<std::string> ManifestEntryAvroSchema(int32_t format_version, const Type& partition_type);
const std::string& ManifestFileAvroSchema(int32_t format_version);

// Converts `name` to an Avro name: invalid characters become _xHEX, and a leading digit gets an underscore before it
// (reference: AvroSchemaUtil). Non-ASCII letters are escaped too, because Avro's names are ASCII.
std::string AvroName(std::string_view name);

// The size of the Avro fixed type for a decimal: the fewest bytes that hold all values of the precision.
int DecimalFixedBytes(int precision);

}  // namespace frazil::iceberg
