#include "parquet/metrics.h"

#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "iceberg/literal.h"
#include "parquet/bounds.h"
#include "parquet/column_statistics.h"

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;
using iceberg::Literal;
using iceberg::TypeKind;

std::optional<std::string> LowerBound(const iceberg::Type& type, const Literal& value, const MetricsMode& mode) {
  if (mode.kind == MetricsMode::Kind::kTruncate) {
    if (type.kind() == TypeKind::kString) return LowerStringBound(std::get<std::string>(value), mode.length);
    if (type.kind() == TypeKind::kBinary || type.kind() == TypeKind::kFixed) {
      return LowerBytesBound(std::get<std::string>(value), mode.length);
    }
  }
  return iceberg::ToBytes(type, value);
}

std::optional<std::string> UpperBound(const iceberg::Type& type, const Literal& value, const MetricsMode& mode) {
  if (mode.kind == MetricsMode::Kind::kTruncate) {
    if (type.kind() == TypeKind::kString) return UpperStringBound(std::get<std::string>(value), mode.length);
    if (type.kind() == TypeKind::kBinary || type.kind() == TypeKind::kFixed) {
      return UpperBytesBound(std::get<std::string>(value), mode.length);
    }
  }
  return iceberg::ToBytes(type, value);
}

bool HasBounds(const MetricsMode& mode) {
  return mode.kind == MetricsMode::Kind::kTruncate || mode.kind == MetricsMode::Kind::kFull;
}

// Adds the metrics of leaf column `index` to `file`.
Status DescribeColumn(const pq::FileMetaData& footer, int index, const iceberg::Schema& schema,
                      const MetricsConfig& config, const NanCounts& nans, iceberg::DataFile* file) {
  const pq::ColumnDescriptor& column = *footer.schema()->Column(index);
  const int32_t id = column.schema_node()->field_id();
  const iceberg::Field* field = schema.FindById(id);
  if (field == nullptr) return {};
  const MetricsMode mode = config.ModeOf(id);
  if (mode.kind == MetricsMode::Kind::kNone) return {};

  // As in the reference implementation, columns inside lists and maps have only a size.
  const bool repeated = column.max_repetition_level() > 0;
  const bool bounded = !repeated && HasBounds(mode);
  const auto nan = nans.find(id);
  ColumnStatistics metrics;
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const int64_t chunk_nans = nan == nans.end() ? 0 : nan->second.at(static_cast<size_t>(group));
    FRAZIL_ASSIGN_OR_RETURN(const ColumnStatistics chunk, StatisticsOf(*footer.RowGroup(group)->ColumnChunk(index),
                                                                       column, *field->type, chunk_nans, bounded));
    metrics.Add(*field->type, chunk);
  }

  file->column_sizes[id] = metrics.bytes;
  if (repeated) return {};
  file->value_counts[id] = metrics.values;
  if (metrics.nulls) file->null_value_counts[id] = *metrics.nulls;
  if (nan != nans.end()) file->nan_value_counts[id] = *metrics.nans;
  if (bounded && metrics.lower_known && metrics.lower) {
    if (auto bound = LowerBound(*field->type, *metrics.lower, mode)) file->lower_bounds[id] = *std::move(bound);
  }
  if (bounded && metrics.upper_known && metrics.upper) {
    if (auto bound = UpperBound(*field->type, *metrics.upper, mode)) file->upper_bounds[id] = *std::move(bound);
  }
  return {};
}

}  // namespace

Result<iceberg::DataFile> DescribeParquetFile(const pq::FileMetaData& footer, const iceberg::Schema& schema,
                                              const MetricsConfig& config, const NanCounts& nans) {
  iceberg::DataFile file;
  file.record_count = footer.num_rows();
  try {
    for (int group = 0; group < footer.num_row_groups(); ++group) {
      file.split_offsets.push_back(footer.RowGroup(group)->file_offset());
    }
    std::sort(file.split_offsets.begin(), file.split_offsets.end());
    for (int index = 0; index < footer.num_columns(); ++index) {
      FRAZIL_RETURN_IF_ERROR(DescribeColumn(footer, index, schema, config, nans, &file));
    }
  } catch (const pq::ParquetException& e) {
    return Fail(ErrorKind::kCorrupt, "the Parquet footer cannot be read: {}", e.what());
  }
  return file;
}

}  // namespace frazil::parquet
