#include "decode/json_direct_rows.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "common/decimal.h"
#include "decode/column_growth.h"
#include "decode/json_input.h"
#include "decode/json_nothing.h"
#include "decode/json_scan.h"
#include "decode/json_text_values.h"

namespace frazil::decode {

using iceberg::TypeKind;

namespace {

// The end of the record is checked before each field and element. Between two checks fewer bytes than this are read.
static_assert(record::kSpareBytes >= 4 * kTextStep);

bool IsNumberByte(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

// Its functions read what begins at `at`. They return its end, or nullptr if the record needs the slow path.
class DirectReader {
 public:
  DirectReader(const char* end, simdjson::ondemand::parser& parser) : end_(end), parser_(parser) {}

  bool Read(const char* at, Column& root) {
    at = SkipSpace(at);
    if (*at != '{') return false;
    bool said = false;
    at = ReadFields(at + 1, root, said);
    return at != nullptr && SkipSpace(at) == end_;
  }

 private:
  const char* SkipSpace(const char* at) const {
    if (static_cast<unsigned char>(*at) > ' ') [[likely]]
      return at;
    while (at < end_ && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) ++at;
    return at;
  }

  // Reads the fields of an object, after its brace. `said` becomes true if the object contains anything except null, []
  // and {} (json_nothing.h).
  const char* ReadFields(const char* at, Column& into, bool& said) {
    const int64_t row = into.length();
    size_t filled = 0;
    uint32_t previous = 0;
    at = SkipSpace(at);
    if (*at != '}') {
      for (;; at = SkipSpace(at + 1)) {
        if (at >= end_) return nullptr;
        uint32_t index = into.follower(previous);
        const char* value = index == Column::kNone ? nullptr : SkipKey(at, into.child(index));
        if (value == nullptr) [[unlikely]] {
          value = FindKey(at, into, index);
          if (value == nullptr) return nullptr;
          into.set_follower(previous, index);
        }
        previous = index + 1;
        Column& column = into.child(index);
        if (column.length() != row) return nullptr;
        at = ReadField(SkipSpace(value), column, said);
        if (at == nullptr) [[unlikely]]
          return nullptr;
        ++filled;
        at = SkipSpace(at);
        if (*at != ',') break;
      }
    }
    if (at >= end_ || *at != '}') return nullptr;
    if (filled != into.child_count() && into.FillMissing() != nullptr) return nullptr;
    into.AppendStruct();
    return at + 1;
  }

  // Skips the key at `at` and its colon. nullptr if it is not the column's key in its usual form.
  const char* SkipKey(const char* at, const Column& column) const {
    const std::string_view key = column.key();
    const bool same =
        !key.empty() && static_cast<size_t>(end_ - at) > key.size() && SameBytes(at, key.data(), key.size());
    return same ? at + key.size() : nullptr;
  }

  // The same for the key of any field with a column.
  const char* FindKey(const char* at, const Column& into, uint32_t& index) const {
    const char* const past = *at == '"' ? StringEnd(at + 1) : nullptr;
    if (past == nullptr) return nullptr;
    index = into.Find({at + 1, static_cast<size_t>(past - at - 1)});
    if (index == Column::kNone) return nullptr;
    // By a name of before a required column may get nothing yet.
    if (into.child(index).required() && into.renames() != nullptr) return nullptr;
    at = SkipSpace(past + 1);
    return *at == ':' ? at + 1 : nullptr;
  }

  const char* ReadField(const char* at, Column& column, bool& said) {
    if (*at == 'n') return ReadNull(at, column);
    if (column.kind() < TypeKind::kStruct) [[likely]] {
      said = true;
      return ReadScalar(at, column);
    }
    bool here = false;
    at = ReadNested(at, column, here);
    said |= here;
    return here || (column.required() && !column.relaxes()) ? at : nullptr;  // else it should be null
  }

  static const char* ReadNull(const char* at, Column& column) {
    if (column.required() || std::memcmp(at, "null", 4) != 0) return nullptr;
    column.AppendNull();
    return at + 4;
  }

  const char* ReadNested(const char* at, Column& column, bool& said) {
    if (column.depth() > kMaxJsonDepth) return nullptr;
    if (column.kind() == TypeKind::kStruct && *at == '{') return ReadFields(at + 1, column, said);
    if (column.kind() == TypeKind::kList && *at == '[') return ReadElements(at + 1, column, said);
    return nullptr;
  }

  // Reads the elements of an array, after its bracket.
  const char* ReadElements(const char* at, Column& column, bool& said) {
    Column& element = column.child(0);
    const bool nested = element.kind() >= TypeKind::kStruct;
    at = SkipSpace(at);
    if (*at != ']') {
      for (;; at = SkipSpace(at + 1)) {
        if (at >= end_) return nullptr;
        if (*at == 'n') {
          at = ReadNull(at, element);
        } else if (nested) {
          at = ReadNested(at, element, said);
        } else {
          said = true;
          at = ReadScalar(at, element);
        }
        if (at == nullptr) return nullptr;
        at = SkipSpace(at);
        if (*at != ',') break;
      }
    }
    if (at >= end_ || *at != ']') return nullptr;
    column.AppendRepeated();
    return at + 1;
  }

  const char* ReadScalar(const char* at, Column& column) {
    switch (column.kind()) {
      case TypeKind::kString:
        return *at == '"' ? ReadString(at + 1, column) : nullptr;
      case TypeKind::kLong: {
        int64_t number = 0;
        at = TakeInteger(at, number);
        if (at != nullptr) column.AppendFixed(number);
        return at;
      }
      case TypeKind::kInt: {
        int64_t number = 0;
        at = TakeInteger(at, number);
        if (at == nullptr || number != static_cast<int32_t>(number)) return nullptr;
        column.AppendFixed(static_cast<int32_t>(number));
        return at;
      }
      case TypeKind::kDouble:
      case TypeKind::kFloat:
        return ReadFloating(at, column);
      case TypeKind::kBoolean: {
        const bool truth = *at == 't';
        if (std::memcmp(at, truth ? "true" : "false", truth ? 4 : 5) != 0) return nullptr;
        column.AppendFixed(static_cast<uint8_t>(truth));
        return at + (truth ? 4 : 5);
      }
      case TypeKind::kDecimal:
        return ReadDecimal(at, column);
      case TypeKind::kDate:
      case TypeKind::kTime:
      case TypeKind::kUuid:
      case TypeKind::kFixed:
      case TypeKind::kBinary:
        return *at == '"' ? ReadText(at + 1, column) : nullptr;
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampTz:
      case TypeKind::kTimestampNs:
      case TypeKind::kTimestampTzNs:
        return *at == '"' ? ReadText(at + 1, column) : ReadEpoch(at, column);
      default:
        return nullptr;
    }
  }

  const char* ReadFloating(const char* at, Column& column) const {
    double number = 0;
    at = TakeDouble(at, end_, number);
    if (at == nullptr) return nullptr;
    if (column.kind() == TypeKind::kDouble) {
      column.AppendFixed(number);
      return at;
    }
    if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) return nullptr;
    if (column.widens() && !IsFloat(number)) return nullptr;
    column.AppendFixed(static_cast<float>(number));
    return at;
  }

  static const char* ReadEpoch(const char* at, Column& column) {
    int64_t number = 0;
    at = TakeInteger(at, number);
    return at != nullptr && column.AppendEpoch(number) ? at : nullptr;
  }

  const char* ReadString(const char* at, Column& column) {
    bool ascii = true;
    const char* past = PlainTextEnd(at, end_, ascii);
    const bool escaped = past != nullptr && *past == '\\';
    while (past != nullptr && *past == '\\') past = PlainTextEnd(past + 2, end_, ascii);
    if (past == nullptr || *past != '"') return nullptr;
    const auto size = past - at;
    if (!ascii && !simdjson::validate_utf8(at, static_cast<size_t>(size))) return nullptr;
    if (!escaped) [[likely]] {
      CopyText(column.BeginString(size + static_cast<int64_t>(kTextStep)), at, static_cast<size_t>(size));
      column.EndString(size);
      return past + 1;
    }
    // simdjson writes whole vectors, so there must be room for more than the text.
    uint8_t* to = column.BeginString(size + static_cast<int64_t>(simdjson::SIMDJSON_PADDING));
    const simdjson::ondemand::raw_json_string raw(reinterpret_cast<const uint8_t*>(at));
    std::string_view text;
    if (parser_.unescape(raw, to).get(text)) return nullptr;
    column.EndString(static_cast<int64_t>(text.size()));
    return past + 1;
  }

  const char* ReadText(const char* at, Column& column) const {
    const char* const past = StringEnd(at);
    if (past == nullptr) return nullptr;
    const std::string_view text(at, static_cast<size_t>(past - at));
    return AppendText(text, column) == nullptr ? past + 1 : nullptr;
  }

  const char* ReadDecimal(const char* at, Column& column) const {
    const bool quoted = *at == '"';
    const char* past = at;
    std::string_view digits;
    if (quoted) {
      past = StringEnd(at + 1);
      if (past == nullptr) return nullptr;
      digits = {at + 1, static_cast<size_t>(past++ - at - 1)};
    } else {
      while (past < end_ && IsNumberByte(*past)) ++past;
      digits = {at, static_cast<size_t>(past - at)};
      bool integer = false;
      if (!IsJsonNumber(digits, &integer)) return nullptr;
    }
    const auto unscaled = ParseDecimal(digits, column.type().scale());
    if (!unscaled || !FitsPrecision(*unscaled, column.type().precision())) return nullptr;
    column.AppendFixed(*unscaled);
    return past;
  }

  // The quote at the end of a string without escapes.
  const char* StringEnd(const char* at) const {
    bool ascii = true;
    const char* const past = PlainTextEnd(at, end_, ascii);
    return past != nullptr && *past == '"' ? past : nullptr;
  }

  const char* const end_;
  simdjson::ondemand::parser& parser_;
};

}  // namespace

bool AppendDirectly(std::string_view value, simdjson::ondemand::parser& parser, Column& root) {
  return !value.empty() && DirectReader(value.data() + value.size(), parser).Read(value.data(), root);
}

}  // namespace frazil::decode
