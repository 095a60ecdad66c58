// One data file or delete file, as a manifest lists it (spec, "Manifests", struct data_file). The numbers are field
// ids.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/literal.h"

namespace frazil::iceberg {

enum class FileContent : int32_t { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };

struct DataFile {
  FileContent content = FileContent::kData;         // 134
  std::string file_path;                            // 100
  std::string file_format = "PARQUET";              // 101
  int32_t spec_id = 0;                              // the manifest's spec; not part of the entry
  std::vector<Literal> partition;                   // 102, one value for each field of the spec
  int64_t record_count = 0;                         // 103
  int64_t file_size_in_bytes = 0;                   // 104
  std::map<int32_t, int64_t> column_sizes;          // 108, field id → bytes
  std::map<int32_t, int64_t> value_counts;          // 109, with nulls and NaNs
  std::map<int32_t, int64_t> null_value_counts;     // 110
  std::map<int32_t, int64_t> nan_value_counts;      // 137, float and double only
  std::map<int32_t, std::string> lower_bounds;      // 125, single values (spec, appendix D)
  std::map<int32_t, std::string> upper_bounds;      // 128
  std::optional<std::string> key_metadata;          // 131
  std::vector<int64_t> split_offsets;               // 132, ascending
  std::vector<int32_t> equality_ids;                // 135
  std::optional<int32_t> sort_order_id;             // 140
  std::optional<int64_t> first_row_id;              // 142, v3
  std::optional<std::string> referenced_data_file;  // 143
  std::optional<int64_t> content_offset;            // 144, v3
  std::optional<int64_t> content_size_in_bytes;     // 145, v3
};

}  // namespace frazil::iceberg
