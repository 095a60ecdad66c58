#include "parquet/metrics.h"

#include <parquet/exception.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/decimal.h"
#include "iceberg/literal.h"
#include "parquet/bounds.h"

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;
using iceberg::Literal;
using iceberg::TypeKind;

template <class T>
Result<T> ReadLittleEndian(const std::string& bytes) {
  if (bytes.size() != sizeof(T)) {
    return Fail(ErrorKind::kCorrupt, "a statistic of {} bytes where {} are due", bytes.size(), sizeof(T));
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// A statistic is plain-encoded: the same bytes as Iceberg's single values, but for decimals, whose physical type
// varies.
Result<Literal> FromStatistic(const iceberg::Type& type, pq::Type::type physical, const std::string& bytes) {
  if (type.kind() != TypeKind::kDecimal) return iceberg::FromBytes(type, bytes);
  switch (physical) {
    case pq::Type::INT32: {
      FRAZIL_ASSIGN_OR_RETURN(const auto value, ReadLittleEndian<int32_t>(bytes));
      return Literal(Int128{value});
    }
    case pq::Type::INT64: {
      FRAZIL_ASSIGN_OR_RETURN(const auto value, ReadLittleEndian<int64_t>(bytes));
      return Literal(Int128{value});
    }
    default: {
      const auto value = DecimalFromBytes(bytes);
      if (!value) return Fail(ErrorKind::kCorrupt, "a decimal statistic of {} bytes", bytes.size());
      return Literal(*value);
    }
  }
}

bool IsNan(const Literal& value) {
  if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
  if (const auto* number = std::get_if<double>(&value)) return std::isnan(*number);
  return false;
}

// What is known of one column over all row groups seen so far.
struct ColumnMetrics {
  int64_t bytes = 0;
  int64_t values = 0;
  int64_t nulls = 0;
  bool nulls_known = true;
  bool lower_known = true;
  bool upper_known = true;
  std::optional<Literal> lower;
  std::optional<Literal> upper;

  Status AddBounds(const iceberg::Type& type, pq::Type::type physical, const pq::EncodedStatistics& statistics) {
    // NaN is never a bound. Statistics of zero are widened by Parquet's rule, minimum to -0.0 and maximum to +0.0, and
    // kept so: both stay true bounds for readers that tell the zeros apart and for those that do not.
    if (statistics.has_min) {
      FRAZIL_ASSIGN_OR_RETURN(Literal min, FromStatistic(type, physical, statistics.min()));
      if (IsNan(min)) {
        lower_known = false;
      } else if (!lower || iceberg::Compare(type, min, *lower) < 0) {
        lower = std::move(min);
      }
    } else {
      lower_known = false;
    }
    if (statistics.has_max) {
      FRAZIL_ASSIGN_OR_RETURN(Literal max, FromStatistic(type, physical, statistics.max()));
      if (IsNan(max)) {
        upper_known = false;
      } else if (!upper || iceberg::Compare(type, max, *upper) > 0) {
        upper = std::move(max);
      }
    } else {
      upper_known = false;
    }
    return {};
  }
};

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

// Metrics of leaf `index`, put into `file`.
Status DescribeColumn(const pq::FileMetaData& footer, int index, const iceberg::Schema& schema,
                      const MetricsConfig& config, const NanCounts& nans, iceberg::DataFile* file) {
  const pq::ColumnDescriptor& column = *footer.schema()->Column(index);
  const int32_t id = column.schema_node()->field_id();
  const iceberg::Field* field = schema.FindById(id);
  if (field == nullptr) return {};
  const MetricsMode mode = config.ModeOf(id);
  if (mode.kind == MetricsMode::Kind::kNone) return {};

  // As in the reference, columns of lists and maps have a size only.
  const bool repeated = column.max_repetition_level() > 0;
  const bool bounded = !repeated && HasBounds(mode);
  const auto nan = nans.find(id);
  ColumnMetrics metrics;
  int64_t nan_count = 0;
  for (int group = 0; group < footer.num_row_groups(); ++group) {
    const auto chunk = footer.RowGroup(group)->ColumnChunk(index);
    metrics.bytes += chunk->total_compressed_size();
    metrics.values += chunk->num_values();
    const int64_t chunk_nans = nan == nans.end() ? 0 : nan->second.at(static_cast<size_t>(group));
    nan_count += chunk_nans;

    const auto statistics = chunk->encoded_statistics();
    if (statistics == nullptr || !statistics->has_null_count) {
      metrics.nulls_known = metrics.lower_known = metrics.upper_known = false;
      continue;
    }
    metrics.nulls += statistics->null_count;
    const bool only_nulls_and_nans = statistics->null_count + chunk_nans == chunk->num_values();
    if (bounded && !only_nulls_and_nans) {
      FRAZIL_RETURN_IF_ERROR(metrics.AddBounds(*field->type, column.physical_type(), *statistics));
    }
  }

  file->column_sizes[id] = metrics.bytes;
  if (repeated) return {};
  file->value_counts[id] = metrics.values;
  if (metrics.nulls_known) file->null_value_counts[id] = metrics.nulls;
  if (nan != nans.end()) file->nan_value_counts[id] = nan_count;
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
