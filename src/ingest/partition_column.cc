#include "ingest/partition_column.h"

#include <arrow/array.h>
#include <arrow/util/decimal.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "common/decimal.h"
#include "common/time/civil_time.h"
#include "ingest/id_table.h"

namespace frazil::ingest {
namespace {

using iceberg::Literal;
using iceberg::Transform;
using iceberg::TransformKind;
using iceberg::Type;
using iceberg::TypeKind;

// Numbers the keys of all rows. key_at(row) is called for rows that are not null, and to_literal(key) once for each
// key.
template <class Key, class KeyAt, class ToLiteral, class Table = IdTable<Key>>
PartitionColumn Encode(const arrow::Array& column, KeyAt key_at, ToLiteral to_literal, Table table = Table()) {
  constexpr uint32_t kNone = IdTable<Key>::kNone;
  const int64_t rows = column.length();
  const bool has_nulls = column.null_count() > 0;
  PartitionColumn result;
  result.ids.resize(static_cast<size_t>(rows));
  uint32_t null_id = kNone;
  uint32_t last_id = kNone;  // rows of one partition often stand together
  Key last{};
  for (int64_t row = 0; row < rows; ++row) {
    const auto fresh = static_cast<uint32_t>(result.values.size());
    uint32_t& id = result.ids[static_cast<size_t>(row)];
    if (has_nulls && column.IsNull(row)) {
      if (null_id == kNone) {
        null_id = fresh;
        result.values.emplace_back();
      }
      id = null_id;
      continue;
    }
    const Key key = key_at(row);
    if (last_id == kNone || !(key == last)) {
      last = key;
      last_id = table.FindOrInsert(key, fresh);
      if (last_id == fresh) result.values.push_back(to_literal(key));
    }
    id = last_id;
  }
  return result;
}

template <class T>
Literal FromBits(uint64_t key) {
  return Literal(static_cast<T>(key));
}

int32_t Bucket(int32_t hash, int32_t count) { return (hash & std::numeric_limits<int32_t>::max()) % count; }

// The greatest multiple of `width` that is not above `value`. It wraps around at the end of the type, as in the
// reference implementation.
template <class Wide, class Unsigned>
Wide Multiple(Wide value, int32_t width) {
  Wide rest = value % width;
  if (rest < 0) rest += width;
  return static_cast<Wide>(static_cast<Unsigned>(value) - static_cast<Unsigned>(rest));
}

std::string_view FirstCodePoints(std::string_view text, int32_t count) {
  if (text.size() <= static_cast<size_t>(count)) return text;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && count-- == 0) break;
  }
  return text.substr(0, at);
}

bool IsNanos(TypeKind kind) { return kind == TypeKind::kTimestampNs || kind == TypeKind::kTimestampTzNs; }

// Calls `use` with the values of an integer, date, time or timestamp column as signed 64-bit numbers.
template <class Use>
PartitionColumn WithIntegers(const arrow::Array& column, Use use) {
  switch (column.type_id()) {
    case arrow::Type::INT32:
    case arrow::Type::DATE32: {
      const int32_t* values = column.data()->GetValues<int32_t>(1);
      return use([values](int64_t row) -> int64_t { return values[row]; });
    }
    default: {
      const int64_t* values = column.data()->GetValues<int64_t>(1);
      return use([values](int64_t row) { return values[row]; });
    }
  }
}

// Calls `use` with the bytes of a string, binary, fixed or uuid column.
template <class Use>
PartitionColumn WithBytes(const arrow::Array& column, Use use) {
  if (column.type_id() == arrow::Type::FIXED_SIZE_BINARY) {
    const auto& fixed = static_cast<const arrow::FixedSizeBinaryArray&>(column);
    return use([&fixed](int64_t row) { return fixed.GetView(row); });
  }
  const auto& binary = static_cast<const arrow::BinaryArray&>(column);
  return use([&binary](int64_t row) { return binary.GetView(row); });
}

auto DecimalsOf(const arrow::Array& column) {
  const auto& decimals = static_cast<const arrow::Decimal128Array&>(column);
  return [&decimals](int64_t row) {
    const arrow::Decimal128 value(decimals.GetValue(row));
    return static_cast<Int128>(static_cast<UInt128>(static_cast<uint64_t>(value.high_bits())) << 64 | value.low_bits());
  };
}

Literal StringLiteral(std::string_view bytes) { return Literal(std::string(bytes)); }

PartitionColumn Identity(const Type& source, const arrow::Array& column) {
  switch (source.kind()) {
    case TypeKind::kBoolean: {
      const auto& bools = static_cast<const arrow::BooleanArray&>(column);
      return Encode<uint64_t>(
          column, [&](int64_t row) { return bools.Value(row) ? 1U : 0U; },
          [](uint64_t key) { return Literal(key != 0); });
    }
    case TypeKind::kFloat: {
      const float* values = column.data()->GetValues<float>(1);
      return Encode<uint64_t>(
          column,
          [values](int64_t row) {
            const float value = values[row];
            return std::bit_cast<uint32_t>(std::isnan(value) ? std::numeric_limits<float>::quiet_NaN() : value);
          },
          [](uint64_t key) { return Literal(std::bit_cast<float>(static_cast<uint32_t>(key))); });
    }
    case TypeKind::kDouble: {
      const double* values = column.data()->GetValues<double>(1);
      return Encode<uint64_t>(
          column,
          [values](int64_t row) {
            const double value = values[row];
            return std::bit_cast<uint64_t>(std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value);
          },
          [](uint64_t key) { return Literal(std::bit_cast<double>(key)); });
    }
    case TypeKind::kDecimal:
      return Encode<Int128>(column, DecimalsOf(column), [](Int128 key) { return Literal(key); });
    case TypeKind::kString:
    case TypeKind::kUuid:
    case TypeKind::kFixed:
    case TypeKind::kBinary:
      return WithBytes(column, [&](auto at) { return Encode<std::string_view>(column, at, StringLiteral); });
    default: {
      const bool narrow = source.kind() == TypeKind::kInt || source.kind() == TypeKind::kDate;
      return WithIntegers(column, [&](auto at) {
        return Encode<uint64_t>(
            column, [at](int64_t row) { return static_cast<uint64_t>(at(row)); },
            narrow ? FromBits<int32_t> : FromBits<int64_t>);
      });
    }
  }
}

PartitionColumn Buckets(const Type& source, int32_t count, const arrow::Array& column) {
  const auto encode = [&](auto hash_at) {
    const auto bucket_at = [&](int64_t row) { return static_cast<uint64_t>(Bucket(hash_at(row), count)); };
    const auto bound = static_cast<size_t>(count);
    return bound <= SmallIdTable::kMostKeys
               ? Encode<uint64_t>(column, bucket_at, FromBits<int32_t>, SmallIdTable(bound))
               : Encode<uint64_t>(column, bucket_at, FromBits<int32_t>);
  };
  switch (source.kind()) {
    case TypeKind::kDecimal: {
      const auto at = DecimalsOf(column);
      return encode([&](int64_t row) { return iceberg::HashBytes(DecimalToBytes(at(row))); });
    }
    case TypeKind::kString:
    case TypeKind::kUuid:
    case TypeKind::kFixed:
    case TypeKind::kBinary:
      return WithBytes(column,
                       [&](auto at) { return encode([at](int64_t row) { return iceberg::HashBytes(at(row)); }); });
    default: {
      // Nanoseconds are hashed as microseconds, so that both units give the same buckets (spec, appendix B).
      const int64_t unit = IsNanos(source.kind()) ? kNanosPerMicro : 1;
      return WithIntegers(column, [&](auto at) {
        return encode([at, unit](int64_t row) { return iceberg::HashLong(FloorDiv(at(row), unit)); });
      });
    }
  }
}

PartitionColumn Truncated(const Type& source, int32_t width, const arrow::Array& column) {
  switch (source.kind()) {
    case TypeKind::kDecimal: {
      const auto at = DecimalsOf(column);
      return Encode<Int128>(
          column, [&](int64_t row) { return Multiple<Int128, UInt128>(at(row), width); },
          [](Int128 key) { return Literal(key); });
    }
    case TypeKind::kString:
      return WithBytes(column, [&](auto at) {
        return Encode<std::string_view>(
            column, [=](int64_t row) { return FirstCodePoints(at(row), width); }, StringLiteral);
      });
    case TypeKind::kBinary:
      return WithBytes(column, [&](auto at) {
        return Encode<std::string_view>(
            column, [=](int64_t row) { return at(row).substr(0, static_cast<size_t>(width)); }, StringLiteral);
      });
    default: {
      const bool narrow = source.kind() == TypeKind::kInt;
      return WithIntegers(column, [&](auto at) {
        return Encode<uint64_t>(
            column, [=](int64_t row) { return static_cast<uint64_t>(Multiple<int64_t, uint64_t>(at(row), width)); },
            narrow ? FromBits<int32_t> : FromBits<int64_t>);
      });
    }
  }
}

// Year, month, day or hour since the epoch. Days and hours are numbered for each row; years and months are computed for
// distinct days only.
PartitionColumn Periods(const Type& source, TransformKind kind, const arrow::Array& column) {
  int64_t unit = source.kind() == TypeKind::kDate ? 1 : kind == TransformKind::kHour ? kMicrosPerHour : kMicrosPerDay;
  if (IsNanos(source.kind())) unit *= kNanosPerMicro;
  PartitionColumn periods = WithIntegers(column, [&](auto at) {
    return Encode<uint64_t>(
        column, [at, unit](int64_t row) { return static_cast<uint64_t>(FloorDiv(at(row), unit)); }, FromBits<int32_t>);
  });
  if (kind != TransformKind::kYear && kind != TransformKind::kMonth) return periods;

  PartitionColumn result;
  IdTable<uint64_t> table;
  std::vector<uint32_t> id_of_day;
  for (const Literal& day : periods.values) {
    const auto fresh = static_cast<uint32_t>(result.values.size());
    if (iceberg::IsNull(day)) {
      id_of_day.push_back(fresh);
      result.values.emplace_back();
      continue;
    }
    const CivilDate date = CivilFromDays(std::get<int32_t>(day));
    const int64_t period = kind == TransformKind::kYear ? date.year - 1970 : (date.year - 1970) * 12 + date.month - 1;
    id_of_day.push_back(table.FindOrInsert(static_cast<uint64_t>(period), fresh));
    if (id_of_day.back() == fresh) result.values.emplace_back(static_cast<int32_t>(period));
  }
  result.ids = std::move(periods.ids);
  for (uint32_t& id : result.ids) id = id_of_day[id];
  return result;
}

}  // namespace

Result<PartitionColumn> TransformColumn(const Type& source, const Transform& transform, const arrow::Array& column) {
  switch (transform.kind) {
    case TransformKind::kIdentity:
      return Identity(source, column);
    case TransformKind::kBucket:
      return Buckets(source, transform.parameter, column);
    case TransformKind::kTruncate:
      return Truncated(source, transform.parameter, column);
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay:
    case TransformKind::kHour:
      return Periods(source, transform.kind, column);
    case TransformKind::kVoid:
      return PartitionColumn{std::vector<uint32_t>(static_cast<size_t>(column.length())), {Literal()}};
    case TransformKind::kUnknown:
      break;
  }
  return Fail(ErrorKind::kUnsupported, "partition transform {} is not known: the table can be read, not written",
              transform.ToString());
}

}  // namespace frazil::ingest
