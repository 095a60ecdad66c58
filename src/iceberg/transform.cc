#include "iceberg/transform.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "common/decimal.h"
#include "common/hash.h"
#include "common/text/ascii_case.h"
#include "common/time/civil_time.h"

namespace frazil::iceberg {
namespace {

constexpr int64_t kHoursPerDay = 24;

constexpr std::array<std::pair<std::string_view, TransformKind>, 6> kPlain = {{
    {"identity", TransformKind::kIdentity},
    {"year", TransformKind::kYear},
    {"month", TransformKind::kMonth},
    {"day", TransformKind::kDay},
    {"hour", TransformKind::kHour},
    {"void", TransformKind::kVoid},
}};

// The parameter of a transform: 16 for "bucket[16]" with the name "bucket".
std::optional<int32_t> Parameter(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

bool IsTimestamp(TypeKind kind) {
  return kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampTz || kind == TypeKind::kTimestampNs ||
         kind == TypeKind::kTimestampTzNs;
}

bool IsNanos(TypeKind kind) { return kind == TypeKind::kTimestampNs || kind == TypeKind::kTimestampTzNs; }

bool Takes(TransformKind kind, const Type& source) {
  const auto type = source.kind();
  if (kind == TransformKind::kVoid || kind == TransformKind::kUnknown) return true;
  if (source.is_nested()) return false;
  switch (kind) {
    case TransformKind::kIdentity:
      return type != TypeKind::kVariant && type != TypeKind::kGeometry && type != TypeKind::kGeography &&
             type != TypeKind::kUnknown;
    case TransformKind::kBucket:
      return type == TypeKind::kInt || type == TypeKind::kLong || type == TypeKind::kDecimal ||
             type == TypeKind::kDate || type == TypeKind::kTime || IsTimestamp(type) || type == TypeKind::kString ||
             type == TypeKind::kUuid || type == TypeKind::kFixed || type == TypeKind::kBinary;
    case TransformKind::kTruncate:
      return type == TypeKind::kInt || type == TypeKind::kLong || type == TypeKind::kDecimal ||
             type == TypeKind::kString || type == TypeKind::kBinary;
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay:
      return type == TypeKind::kDate || IsTimestamp(type);
    case TransformKind::kHour:
      return IsTimestamp(type);
    default:
      return false;
  }
}

int32_t Hash(const Type& source, const Literal& value) {
  switch (source.kind()) {
    case TypeKind::kInt:
    case TypeKind::kDate:
      return HashLong(std::get<int32_t>(value));
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      // Nanoseconds are hashed as microseconds, so that both units give the same buckets (appendix B).
      return HashLong(FloorDiv(std::get<int64_t>(value), kNanosPerMicro));
    case TypeKind::kDecimal:
      return HashBytes(DecimalToBytes(std::get<Int128>(value)));
    case TypeKind::kString:
    case TypeKind::kUuid:
    case TypeKind::kFixed:
    case TypeKind::kBinary:
      return HashBytes(std::get<std::string>(value));
    default:
      return HashLong(std::get<int64_t>(value));
  }
}

// The greatest multiple of `width` that is not above `value`. It wraps around at the end of the type, as in the
// reference implementation.
template <class Number, class Unsigned>
Number TruncateNumber(Number value, int32_t width) {
  Number rest = value % width;
  if (rest < 0) rest += width;
  return static_cast<Number>(static_cast<Unsigned>(value) - static_cast<Unsigned>(rest));
}

std::string FirstCodePoints(const std::string& text, int32_t count) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (starts && count-- == 0) break;
  }
  return text.substr(0, at);
}

Literal Truncate(const Type& source, const Literal& value, int32_t width) {
  switch (source.kind()) {
    case TypeKind::kInt:
      // Computed in 64 bits, because the remainder plus a large width may overflow an int.
      return static_cast<int32_t>(TruncateNumber<int64_t, uint64_t>(std::get<int32_t>(value), width));
    case TypeKind::kLong:
      return TruncateNumber<int64_t, uint64_t>(std::get<int64_t>(value), width);
    case TypeKind::kDecimal:
      return TruncateNumber<Int128, UInt128>(std::get<Int128>(value), width);
    case TypeKind::kString:
      return FirstCodePoints(std::get<std::string>(value), width);
    default:
      return std::get<std::string>(value).substr(0, static_cast<size_t>(width));
  }
}

int64_t DaysOf(const Type& source, const Literal& value) {
  if (source.kind() == TypeKind::kDate) return std::get<int32_t>(value);
  return FloorDiv(std::get<int64_t>(value), kMicrosPerDay * (IsNanos(source.kind()) ? kNanosPerMicro : 1));
}

std::string FormatYearMonth(int64_t months) {
  const std::string date =
      FormatDate(DaysFromCivil({1970 + FloorDiv(months, 12), static_cast<int>(FloorMod(months, 12)) + 1, 1}));
  return date.substr(0, date.size() - 3);
}

}  // namespace

int32_t HashLong(int64_t value) { return static_cast<int32_t>(Murmur3(static_cast<uint64_t>(value))); }
int32_t HashBytes(std::string_view bytes) { return static_cast<int32_t>(Murmur3(bytes)); }

Transform Transform::Parse(std::string_view text) {
  const std::string word = Lower(text);
  for (const auto& [name, plain] : kPlain) {
    if (word == name) return {.kind = plain, .parameter = 0, .text = {}};
  }
  if (const auto count = Parameter(word, "bucket")) {
    return {.kind = TransformKind::kBucket, .parameter = *count, .text = {}};
  }
  if (const auto width = Parameter(word, "truncate")) {
    return {.kind = TransformKind::kTruncate, .parameter = *width, .text = {}};
  }
  return {.kind = TransformKind::kUnknown, .parameter = 0, .text = std::string(text)};
}

std::string Transform::ToString() const {
  if (kind == TransformKind::kBucket) return fmt::format("bucket[{}]", parameter);
  if (kind == TransformKind::kTruncate) return fmt::format("truncate[{}]", parameter);
  for (const auto& [name, plain] : kPlain) {
    if (kind == plain) return std::string(name);
  }
  return text;
}

Result<TypePtr> Transform::ResultType(const Type& source) const {
  if (!Takes(kind, source)) {
    return Fail(ErrorKind::kInvalidArgument, "transform {} does not take a source of type {}", ToString(),
                source.ToString());
  }
  switch (kind) {
    case TransformKind::kBucket:
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kHour:
      return Type::Primitive(TypeKind::kInt);
    case TransformKind::kDay:
      return Type::Primitive(TypeKind::kDate);
    case TransformKind::kUnknown:
      return Type::Primitive(TypeKind::kString);
    default:
      return std::make_shared<const Type>(source);
  }
}

Literal Transform::Apply(const Type& source, const Literal& value) const {
  if (IsNull(value) || kind == TransformKind::kVoid || kind == TransformKind::kUnknown) return {};
  switch (kind) {
    case TransformKind::kBucket:
      return (Hash(source, value) & std::numeric_limits<int32_t>::max()) % parameter;
    case TransformKind::kTruncate:
      return Truncate(source, value, parameter);
    case TransformKind::kYear:
      return static_cast<int32_t>(CivilFromDays(DaysOf(source, value)).year - 1970);
    case TransformKind::kMonth: {
      const auto date = CivilFromDays(DaysOf(source, value));
      return static_cast<int32_t>((date.year - 1970) * 12 + date.month - 1);
    }
    case TransformKind::kDay:
      return static_cast<int32_t>(DaysOf(source, value));
    case TransformKind::kHour:
      return static_cast<int32_t>(
          FloorDiv(std::get<int64_t>(value), kMicrosPerHour * (IsNanos(source.kind()) ? kNanosPerMicro : 1)));
    default:
      return value;
  }
}

std::string Transform::ToHuman(const Type& source, const Literal& transformed) const {
  if (IsNull(transformed)) return "null";
  switch (kind) {
    case TransformKind::kBucket:
      return fmt::format("{}", std::get<int32_t>(transformed));
    case TransformKind::kYear: {
      const std::string month = FormatYearMonth(int64_t{std::get<int32_t>(transformed)} * 12);
      return month.substr(0, month.size() - 3);
    }
    case TransformKind::kMonth:
      return FormatYearMonth(std::get<int32_t>(transformed));
    case TransformKind::kDay:
      return FormatDate(std::get<int32_t>(transformed));
    case TransformKind::kHour: {
      const int64_t hours = std::get<int32_t>(transformed);
      return fmt::format("{}-{:02}", FormatDate(FloorDiv(hours, kHoursPerDay)), FloorMod(hours, kHoursPerDay));
    }
    case TransformKind::kUnknown:
      return ToText(*Type::Primitive(TypeKind::kString), transformed);
    default:
      return ToText(source, transformed);
  }
}

}  // namespace frazil::iceberg
