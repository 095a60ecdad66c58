#include "iceberg/literal.h"

#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "common/decimal.h"
#include "common/text/base64.h"
#include "common/time/civil_time.h"

namespace frazil::iceberg {
namespace {

template <class Number>
std::string LittleEndian(Number value) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

template <class Number>
Number FromLittleEndian(std::string_view bytes) {
  Number value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

tl::unexpected<Error> WrongLength(const Type& type, std::string_view bytes) {
  return Fail(ErrorKind::kCorrupt, "a single value of type {} can not have {} bytes", type.ToString(), bytes.size());
}

// Reads a bound of a timestamp, which may have been written while the column was a date (promotion in v3).
Result<Literal> TimestampFromBytes(const Type& type, std::string_view bytes, int64_t per_day) {
  if (bytes.size() == sizeof(int64_t)) return FromLittleEndian<int64_t>(bytes);
  if (bytes.size() != sizeof(int32_t)) return WrongLength(type, bytes);
  int64_t value = 0;
  if (__builtin_mul_overflow(int64_t{FromLittleEndian<int32_t>(bytes)}, per_day, &value)) {
    return Fail(ErrorKind::kCorrupt, "a date bound does not fit type {}", type.ToString());
  }
  return value;
}

template <class Number>
int CompareNumbers(Number a, Number b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// NaN is the greatest value and equals itself; -0.0 comes before +0.0.
template <class Number>
int CompareFloating(Number a, Number b) {
  if (std::isnan(a) || std::isnan(b)) return CompareNumbers<int>(std::isnan(a), std::isnan(b));
  if (a == b) return CompareNumbers<int>(std::signbit(b), std::signbit(a));
  return a < b ? -1 : 1;
}

std::string FormatUuid(const std::string& bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

}  // namespace

std::string ToBytes(const Type& type, const Literal& literal) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return std::string(1, std::get<bool>(literal) ? '\1' : '\0');
    case TypeKind::kInt:
    case TypeKind::kDate:
      return LittleEndian(std::get<int32_t>(literal));
    case TypeKind::kLong:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return LittleEndian(std::get<int64_t>(literal));
    case TypeKind::kFloat:
      return LittleEndian(std::get<float>(literal));
    case TypeKind::kDouble:
      return LittleEndian(std::get<double>(literal));
    case TypeKind::kDecimal:
      return DecimalToBytes(std::get<Int128>(literal));
    default:
      return std::get<std::string>(literal);
  }
}

Result<Literal> FromBytes(const Type& type, std::string_view bytes) {
  const size_t size = bytes.size();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      if (size != 1) return WrongLength(type, bytes);
      return bytes[0] != '\0';
    case TypeKind::kInt:
    case TypeKind::kDate:
      if (size != sizeof(int32_t)) return WrongLength(type, bytes);
      return FromLittleEndian<int32_t>(bytes);
    case TypeKind::kLong:
      if (size == sizeof(int32_t)) return int64_t{FromLittleEndian<int32_t>(bytes)};
      [[fallthrough]];
    case TypeKind::kTime:
      if (size != sizeof(int64_t)) return WrongLength(type, bytes);
      return FromLittleEndian<int64_t>(bytes);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return TimestampFromBytes(type, bytes, kMicrosPerDay);
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return TimestampFromBytes(type, bytes, kMicrosPerDay * kNanosPerMicro);
    case TypeKind::kFloat:
      if (size != sizeof(float)) return WrongLength(type, bytes);
      return FromLittleEndian<float>(bytes);
    case TypeKind::kDouble:
      if (size == sizeof(float)) return double{FromLittleEndian<float>(bytes)};
      if (size != sizeof(double)) return WrongLength(type, bytes);
      return FromLittleEndian<double>(bytes);
    case TypeKind::kDecimal: {
      const auto unscaled = DecimalFromBytes(bytes);
      if (!unscaled) return WrongLength(type, bytes);
      return *unscaled;
    }
    case TypeKind::kUuid:
      if (size != 16) return WrongLength(type, bytes);
      return std::string(bytes);
    case TypeKind::kFixed:
      // Bounds of fixed columns may be truncated.
      if (size > static_cast<size_t>(type.length())) return WrongLength(type, bytes);
      return std::string(bytes);
    case TypeKind::kStruct:
    case TypeKind::kList:
    case TypeKind::kMap:
      return Fail(ErrorKind::kCorrupt, "type {} has no single values", type.ToString());
    default:
      return std::string(bytes);
  }
}

Literal Widen(const Type& type, Literal value) {
  if (type.kind() == TypeKind::kLong) {
    if (const auto* narrow = std::get_if<int32_t>(&value)) return int64_t{*narrow};
  }
  if (type.kind() == TypeKind::kDouble) {
    if (const auto* narrow = std::get_if<float>(&value)) return double{*narrow};
  }
  return value;
}

bool IsOfType(const Type& type, const Literal& value) {
  if (IsNull(value)) return true;
  const auto* bytes = std::get_if<std::string>(&value);
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return std::holds_alternative<bool>(value);
    case TypeKind::kInt:
    case TypeKind::kDate:
      return std::holds_alternative<int32_t>(value);
    case TypeKind::kLong:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return std::holds_alternative<int64_t>(value);
    case TypeKind::kFloat:
      return std::holds_alternative<float>(value);
    case TypeKind::kDouble:
      return std::holds_alternative<double>(value);
    case TypeKind::kDecimal: {
      const auto* unscaled = std::get_if<Int128>(&value);
      return unscaled != nullptr && FitsPrecision(*unscaled, type.precision());
    }
    case TypeKind::kString:
    case TypeKind::kBinary:
      return bytes != nullptr;
    case TypeKind::kUuid:
      return bytes != nullptr && bytes->size() == 16;
    case TypeKind::kFixed:
      return bytes != nullptr && bytes->size() == static_cast<size_t>(type.length());
    default:
      return false;
  }
}

int Compare(const Type& type, const Literal& a, const Literal& b) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return CompareNumbers<int>(std::get<bool>(a), std::get<bool>(b));
    case TypeKind::kInt:
    case TypeKind::kDate:
      return CompareNumbers(std::get<int32_t>(a), std::get<int32_t>(b));
    case TypeKind::kLong:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return CompareNumbers(std::get<int64_t>(a), std::get<int64_t>(b));
    case TypeKind::kFloat:
      return CompareFloating(std::get<float>(a), std::get<float>(b));
    case TypeKind::kDouble:
      return CompareFloating(std::get<double>(a), std::get<double>(b));
    case TypeKind::kDecimal:
      return CompareNumbers(std::get<Int128>(a), std::get<Int128>(b));
    default:
      // char_traits<char> compares bytes as unsigned. For UTF-8 that is the order of code points.
      return std::get<std::string>(a).compare(std::get<std::string>(b));
  }
}

bool SameValue(const Literal& a, const Literal& b) {
  const auto is_nan = [](const Literal& value) {
    if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
    const auto* number = std::get_if<double>(&value);
    return number != nullptr && std::isnan(*number);
  };
  return a == b || (is_nan(a) && is_nan(b));
}

std::string ToText(const Type& type, const Literal& literal) {
  if (IsNull(literal)) return "null";
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return std::get<bool>(literal) ? "true" : "false";
    case TypeKind::kInt:
      return fmt::format("{}", std::get<int32_t>(literal));
    case TypeKind::kDate:
      return FormatDate(std::get<int32_t>(literal));
    case TypeKind::kLong:
      return fmt::format("{}", std::get<int64_t>(literal));
    case TypeKind::kTime:
      return FormatTimeOfDay(std::get<int64_t>(literal));
    case TypeKind::kTimestamp:
      return FormatTimestamp(std::get<int64_t>(literal), Zone::kNone);
    case TypeKind::kTimestampTz:
      return FormatTimestamp(std::get<int64_t>(literal), Zone::kRequired);
    case TypeKind::kTimestampNs:
      return FormatTimestamp(std::get<int64_t>(literal), Zone::kNone, TimeUnit::kNanos);
    case TypeKind::kTimestampTzNs:
      return FormatTimestamp(std::get<int64_t>(literal), Zone::kRequired, TimeUnit::kNanos);
    case TypeKind::kFloat:
      return fmt::format("{}", std::get<float>(literal));
    case TypeKind::kDouble:
      return fmt::format("{}", std::get<double>(literal));
    case TypeKind::kDecimal:
      return FormatDecimal(std::get<Int128>(literal), type.scale());
    case TypeKind::kUuid:
      return FormatUuid(std::get<std::string>(literal));
    case TypeKind::kFixed:
    case TypeKind::kBinary:
      return EncodeBase64(std::get<std::string>(literal));
    default:
      return std::get<std::string>(literal);
  }
}

}  // namespace frazil::iceberg
