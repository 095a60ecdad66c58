#include "decode/json_text_values.h"

#include <array>
#include <optional>

#include "common/text/base64.h"
#include "common/time/civil_time.h"

namespace frazil::decode {
namespace {

using iceberg::TypeKind;

std::optional<std::array<char, 16>> ParseUuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<char, 16> bytes{};
  size_t digit = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    bytes[digit / 2] = static_cast<char>((bytes[digit / 2] << 4) | value);
    ++digit;
  }
  return bytes;
}

template <class T>
const char* Append(std::optional<T> value, Column& column, const char* form) {
  if (!value) return form;
  column.AppendFixed(*value);
  return nullptr;
}

}  // namespace

const char* AppendText(std::string_view text, Column& column) {
  constexpr const char* kLocal = "it must look like 2026-01-08T14:05:09.123456, without a zone";
  constexpr const char* kInstant = "it must look like 2026-01-08T14:05:09.123456Z or end in an offset like +01:00";
  switch (column.kind()) {
    case TypeKind::kDate:
      return Append(ParseDate(text), column, "it must look like 2026-01-08");
    case TypeKind::kTime:
      return Append(ParseTimeOfDay(text), column, "it must look like 14:05:09.123456");
    case TypeKind::kTimestamp:
      return Append(ParseTimestamp(text, Zone::kNone), column, kLocal);
    case TypeKind::kTimestampTz:
      return Append(ParseTimestamp(text, Zone::kRequired), column, kInstant);
    case TypeKind::kTimestampNs:
      return Append(ParseTimestamp(text, Zone::kNone, TimeUnit::kNanos), column, kLocal);
    case TypeKind::kTimestampTzNs:
      return Append(ParseTimestamp(text, Zone::kRequired, TimeUnit::kNanos), column, kInstant);
    case TypeKind::kUuid: {
      const auto bytes = ParseUuid(text);
      if (!bytes) return "it must look like f79c3e09-677c-4bbd-a479-3f349cb785e7";
      column.AppendBytes({bytes->data(), bytes->size()});
      return nullptr;
    }
    default: {
      const auto bytes = DecodeBase64(text);
      if (!bytes) return "it must be base64 with padding";
      if (column.kind() == TypeKind::kFixed && bytes->size() != static_cast<size_t>(column.type().length())) {
        return "it has another length";
      }
      column.AppendBytes(*bytes);
      return nullptr;
    }
  }
}

}  // namespace frazil::decode
