// Collects a file's metrics for the manifest from the Parquet footer (spec, "Manifests"; reference: ParquetMetrics).
#pragma once

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/schema.h"
#include "parquet/metrics_config.h"
#include "parquet/nan_counter.h"

namespace parquet {
class FileMetaData;
}

namespace frazil::parquet {

// Fills record_count, split_offsets and the column metrics; the caller fills the rest. Columns are identified by field
// id. `nans` holds the NaN count of each column and row group. A column that is not in `nans` gets no NaN count.
//
// A bound is left out unless every row group has it. parquet-cpp drops minima and maxima longer than 4096 bytes, and a
// bound from the other row groups alone would make readers skip rows.
Result<iceberg::DataFile> DescribeParquetFile(const ::parquet::FileMetaData& footer, const iceberg::Schema& schema,
                                              const MetricsConfig& config, const NanCounts& nans);

}  // namespace frazil::parquet
