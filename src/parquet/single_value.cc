#include "parquet/single_value.h"

#include <parquet/schema.h>
#include <parquet/types.h>

#include <cstring>
#include <optional>

#include "common/decimal.h"

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;
using iceberg::Literal;
using iceberg::TypeKind;
using Unit = pq::LogicalType::TimeUnit;

template <class T>
Result<T> ReadLittleEndian(std::string_view bytes) {
  if (bytes.size() != sizeof(T)) {
    return Fail(ErrorKind::kCorrupt, "a value of {} bytes where {} are due", bytes.size(), sizeof(T));
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

Result<int64_t> ReadInteger(pq::Type::type physical, std::string_view bytes) {
  if (physical == pq::Type::INT32) return ReadLittleEndian<int32_t>(bytes);
  return ReadLittleEndian<int64_t>(bytes);
}

Result<Literal> DecimalFrom(pq::Type::type physical, std::string_view bytes) {
  if (physical == pq::Type::INT32 || physical == pq::Type::INT64) {
    FRAZIL_ASSIGN_OR_RETURN(const int64_t value, ReadInteger(physical, bytes));
    return Literal(Int128{value});
  }
  const auto value = DecimalFromBytes(bytes);
  if (!value) return Fail(ErrorKind::kCorrupt, "a decimal of {} bytes", bytes.size());
  return Literal(*value);
}

// The unit of a time or timestamp column; nullopt if the column does not say it.
std::optional<Unit::unit> UnitOf(const pq::ColumnDescriptor& column) {
  const auto& logical = column.logical_type();
  if (logical == nullptr) return std::nullopt;
  if (logical->is_time()) return static_cast<const pq::TimeLogicalType&>(*logical).time_unit();
  if (logical->is_timestamp()) return static_cast<const pq::TimestampLogicalType&>(*logical).time_unit();
  return std::nullopt;
}

int64_t PerSecond(Unit::unit unit) {
  switch (unit) {
    case Unit::MILLIS:
      return 1'000;
    case Unit::NANOS:
      return 1'000'000'000;
    default:
      return 1'000'000;
  }
}

Result<Literal> TimeFrom(int64_t value, Unit::unit from, Unit::unit to) {
  const int64_t is = PerSecond(from);
  const int64_t due = PerSecond(to);
  if (is > due) {
    const int64_t step = is / due;
    const int64_t floor = value / step - (value % step < 0 ? 1 : 0);
    return Literal(floor);
  }
  if (__builtin_mul_overflow(value, due / is, &value)) {
    return Fail(ErrorKind::kCorrupt, "a time outside of what 64 bits hold in its unit");
  }
  return Literal(value);
}

}  // namespace

Result<Literal> FromPlain(const iceberg::Type& type, const pq::ColumnDescriptor& column, std::string_view bytes) {
  const pq::Type::type physical = column.physical_type();
  if (physical == pq::Type::INT96) return Fail(ErrorKind::kUnsupported, "INT96 has no order");
  switch (type.kind()) {
    case TypeKind::kDecimal:
      return DecimalFrom(physical, bytes);
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs: {
      const auto unit = UnitOf(column);
      if (!unit) return iceberg::FromBytes(type, bytes);  // a date, promoted since
      const bool nanos = type.kind() == TypeKind::kTimestampNs || type.kind() == TypeKind::kTimestampTzNs;
      FRAZIL_ASSIGN_OR_RETURN(const int64_t value, ReadInteger(physical, bytes));
      return TimeFrom(value, *unit, nanos ? Unit::NANOS : Unit::MICROS);
    }
    default:
      return iceberg::FromBytes(type, bytes);
  }
}

}  // namespace frazil::parquet
