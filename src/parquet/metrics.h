// What a manifest must know of a Parquet file, from its footer (spec, "Manifests"; reference: ParquetMetrics).
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

// Fills record_count, split_offsets and the column metrics; everything else is the caller's. Columns are known by
// their field ids. `nans` holds one count per row group and column; a column that is not in it gets no NaN count.
//
// Bounds that not every row group can tell are left out: parquet-cpp drops minima and maxima longer than 4096 bytes,
// and the bounds of the other row groups would hide rows.
Result<iceberg::DataFile> DescribeParquetFile(const ::parquet::FileMetaData& footer, const iceberg::Schema& schema,
                                              const MetricsConfig& config, const NanCounts& nans);

}  // namespace frazil::parquet
