#include "decode/json_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "common/decimal.h"
#include "common/text/shown.h"
#include "common/time/civil_time.h"
#include "decode/column_reason.h"
#include "decode/json_direct_rows.h"
#include "decode/json_input.h"
#include "decode/json_nothing.h"
#include "decode/json_reason.h"
#include "decode/json_text_values.h"
#include "decode/payload_form.h"

namespace frazil::decode {

namespace ondemand = simdjson::ondemand;
using iceberg::TypeKind;

namespace {

constexpr double kBeyondInt64 = 9223372036854775000.0;  // doubles from here on may come from integers beyond int64

// Up to this many keys are compared one by one to find duplicates.
constexpr size_t kFewKeys = 16;

// Finds duplicate keys in one object, among keys without columns: map keys and unknown fields.
class UniqueKeys {
 public:
  bool Add(std::string_view key) {
    if (few_.size() < kFewKeys) {
      if (std::find(few_.begin(), few_.end(), key) != few_.end()) return false;
      few_.emplace_back(key);
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.emplace(key).second;
  }

 private:
  std::vector<std::string> few_;
  std::unordered_set<std::string> many_;
};

// The value of a result without error, without a copy: copying simdjson's small structs costs as much as reading the
// values.
template <class T>
auto& Unwrap(T& result) {
  auto&& held = std::move(result).value_unsafe();
  return held;
}

}  // namespace

class JsonRows::Impl {
 public:
  explicit Impl(const JsonRowsOptions& options) : options_(options) {}

  Outcome Append(std::string_view value, Column& root) {
    begin_ = value.data();
    end_ = begin_ + value.size();
    grows_ = false;
    // The capacity doubles. By itself, the parser would allocate for each longer record exactly what it needs. Long
    // records do not double it, because the parser needs six times the size of a record.
    if (value.size() > parser_.capacity()) {
      constexpr size_t kLeast = 4 << 10, kLong = 1 << 20;
      ThrowIfOurs(parser_.allocate(value.size() < kLong ? std::max(2 * value.size(), kLeast) : value.size() * 9 / 8));
    }
    if (TryDirectly(value, root)) return Outcome::kRow;
    ondemand::object object;
    if (const auto error = parser_.iterate(Padded(value)).get(document_)) return Unreadable(error);
    if (const auto error = document_.get_object().get(object)) return NoObject(error);
    if (!ReadFields(object, root)) return grows_ ? Outcome::kGrows : Outcome::kBad;
    if (!document_.at_end()) [[unlikely]] {
      Bad("more than one JSON value, or text after its end");
      return Outcome::kBad;
    }
    root.AppendStruct();
    return Outcome::kRow;
  }

  const std::string& reason() const { return reason_; }

 private:
  // Similar records come together. So after a record that needs the slow path, the fast path is tried less and less
  // often.
  bool TryDirectly(std::string_view value, Column& root) {
    constexpr int kMostPassedOver = 63;
    if (pass_over_ > 0) {
      --pass_over_;
      return false;
    }
    const int64_t rows = root.length();
    if (AppendDirectly(value, parser_, root)) [[likely]] {
      misses_ = 0;
      return true;
    }
    root.Truncate(rows);
    misses_ = std::min(2 * misses_ + 1, kMostPassedOver);
    pass_over_ = misses_ - 1;
    return false;
  }

  // All functions below return false if the record is given up: because it is bad, or because it needs new columns.
  bool Bad(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  Outcome Unreadable(simdjson::error_code error) {
    ThrowIfOurs(error);
    const std::string_view text(begin_, static_cast<size_t>(end_ - begin_));
    if (error == simdjson::EMPTY || text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      Bad("the value is empty; a JSON object is expected");
    } else if (const std::string form = DescribeForm(text); !form.empty()) {
      Bad("the value is no JSON: it " + form);
    } else if (error == simdjson::UTF8_ERROR) {
      Bad("the value is not valid UTF-8");
    } else {
      Bad(fmt::format("invalid JSON: {}", simdjson::error_message(error)));
    }
    return Outcome::kBad;
  }

  Outcome NoObject(simdjson::error_code error) {
    ThrowIfOurs(error);
    const std::string_view text(begin_, static_cast<size_t>(end_ - begin_));
    if (text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())).starts_with('{')) {
      return Unreadable(error);
    }
    const std::string form = DescribeForm(text);
    Bad(form.empty() ? "the value is not a JSON object" : "the value is not a JSON object: it " + form);
    return Outcome::kBad;
  }

  bool Invalid(simdjson::error_code error) {
    ThrowIfOurs(error);
    const std::string_view text(begin_, static_cast<size_t>(end_ - begin_));
    if (const std::string form = DescribeForm(text); !form.empty()) return Bad("the value is no JSON: it " + form);
    const char* at = nullptr;
    if (document_.current_location().get(at) || at < begin_ || at > end_) {
      return Bad(fmt::format("invalid JSON: {}", simdjson::error_message(error)));
    }
    return Bad(fmt::format("invalid JSON near byte {}: {}", at - begin_, simdjson::error_message(error)));
  }

  std::string_view Rest(std::string_view token) const {
    return {token.data(), static_cast<size_t>(end_ - token.data())};
  }

  // Reads the fields of an object into the fields of a struct; missing fields become null. The caller ends the struct's
  // row.
  bool ReadFields(ondemand::object& object, Column& into) {
    const int64_t row = into.length();
    size_t filled = 0;
    uint32_t previous = 0;
    std::unique_ptr<UniqueKeys> ignored;  // most objects have no such field
    for (auto item : object) {
      if (item.error()) [[unlikely]]
        return Invalid(item.error());
      ondemand::field& field = Unwrap(item);
      uint32_t index = into.follower(previous);
      if (index == Column::kNone || !IsKey(field.key().raw(), into.child(index))) [[unlikely]] {
        std::string_view name;
        if (const auto error = field.unescaped_key(/*allow_replacement=*/false).get(name)) return Invalid(error);
        index = into.Find(name);
        if (index == Column::kNone) {
          if (!Ignore(field, name, into, ignored)) return false;
          continue;
        }
        into.set_follower(previous, index);
      }
      previous = index + 1;
      Column& column = into.child(index);
      if (column.length() != row) [[unlikely]]
        return Bad(StandsTwice(into, column.name()));
      if (!ReadField(field.value(), column)) [[unlikely]]
        return false;
      ++filled;
    }
    if (filled == into.child_count()) return true;
    const Column* const required = into.FillMissing();
    return required == nullptr || Bad(IsRequired(*required, "missing"));
  }

  // `raw` points after the quote that begins the key.
  bool IsKey(const char* raw, const Column& column) const {
    const size_t size = column.name().size() + 1;
    return !column.key().empty() && static_cast<size_t>(end_ - raw) >= size &&
           std::memcmp(raw, column.key().data() + 1, size) == 0;
  }

  // Handles a field without a column.
  bool Ignore(ondemand::field& field, std::string_view name, const Column& into, std::unique_ptr<UniqueKeys>& ignored) {
    if (!ignored) ignored = std::make_unique<UniqueKeys>();
    if (!ignored->Add(name)) return Bad(StandsTwice(into, name));
    const std::string_view token = Token(field.value());
    switch (token.empty() ? JsonContent::kMalformed : ScanContent(Rest(token), into.depth())) {
      case JsonContent::kNothing:
        return true;
      case JsonContent::kTooDeep:
        return Bad(TooDeep());
      case JsonContent::kMalformed:
        return Bad(fmt::format("invalid JSON in the value of '{}'", Shown(name)));
      case JsonContent::kSomething:
        break;
    }
    if (!into.parent() &&
        std::find(options_.reserved.begin(), options_.reserved.end(), name) != options_.reserved.end()) {
      return Bad(IsMetadataColumn(name));
    }
    if (!options_.add_columns) return Bad(NotAllowedInStrictMode(into, name));
    grows_ = true;
    return false;
  }

  // Reads the value of a field. For structs and lists, a value that says nothing becomes null (json_nothing.h).
  bool ReadField(ondemand::value& value, Column& column) {
    if ((column.kind() == TypeKind::kStruct || column.kind() == TypeKind::kList) && !column.required()) {
      const std::string_view token = Token(value);
      if (!token.empty() && (token[0] == '{' || token[0] == '[') &&
          ScanContent(Rest(token), column.depth() - 1) == JsonContent::kNothing) {
        column.AppendNull();
        return true;
      }
    }
    return ReadValue(value, column);
  }

  bool ReadValue(ondemand::value& value, Column& column) {
    switch (column.kind()) {
      case TypeKind::kBoolean: {
        bool truth = false;
        if (value.get_bool().get(truth)) break;
        column.AppendFixed(static_cast<uint8_t>(truth));
        return true;
      }
      case TypeKind::kLong: {
        int64_t number = 0;
        if (value.get_int64().get(number)) break;
        column.AppendFixed(number);
        return true;
      }
      case TypeKind::kInt: {
        int64_t number = 0;
        const char* at = Start(value);
        if (value.get_int64().get(number)) break;
        if (number != static_cast<int32_t>(number)) return OutOfRange(at, column, "it does not fit in 32 bits");
        column.AppendFixed(static_cast<int32_t>(number));
        return true;
      }
      case TypeKind::kDouble:
      case TypeKind::kFloat:
        return ReadFloating(value, column);
      case TypeKind::kDecimal:
        return ReadDecimal(value, column);
      case TypeKind::kString:
        return ReadString(value, column);
      case TypeKind::kDate:
      case TypeKind::kTime:
      case TypeKind::kUuid:
      case TypeKind::kFixed:
      case TypeKind::kBinary:
        return ReadText(value, column);
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampTz:
      case TypeKind::kTimestampNs:
      case TypeKind::kTimestampTzNs:
        return ReadTimestamp(value, column);
      case TypeKind::kStruct: {
        ondemand::object object;
        if (value.get_object().get(object)) break;
        if (column.depth() > kMaxJsonDepth) return Bad(TooDeep());
        if (!ReadFields(object, column)) return false;
        column.AppendStruct();
        return true;
      }
      case TypeKind::kList:
        return ReadList(value, column);
      case TypeKind::kMap:
        return ReadMap(value, column);
      default:
        break;
    }
    return ReadOther(value, column);
  }

  static const char* Start(ondemand::value& value) { return Token(value).data(); }

  bool ReadFloating(ondemand::value& value, Column& column) {
    double number = 0;
    const char* at = Start(value);
    if (value.get_double().get(number)) return ReadOther(value, column);
    bool integer = false;
    if (std::abs(number) >= kBeyondInt64) [[unlikely]] {
      const std::string_view token = NumberAt(at);
      if (IsJsonNumber(token, &integer) && integer && !FitsInt64(token)) return Bad(BeyondInt64(column, token));
    }
    if (column.kind() == TypeKind::kDouble) {
      column.AppendFixed(number);
      return true;
    }
    if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
      return OutOfRange(at, column, "it is too large for 32 bits");
    }
    column.AppendFixed(static_cast<float>(number));
    return true;
  }

  bool ReadString(ondemand::value& value, Column& column) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw)) return ReadOther(value, column);
    // simdjson writes whole vectors: up to 32 bytes more than the text.
    uint8_t* const to = column.BeginString(end_ - raw.raw() + static_cast<int64_t>(simdjson::SIMDJSON_PADDING));
    uint8_t* past = to;
    std::string_view text;
    if (const auto error = parser_.unescape(raw, past).get(text)) return Invalid(error);
    column.EndString(static_cast<int64_t>(text.size()));
    return true;
  }

  bool ReadDecimal(ondemand::value& value, Column& column) {
    const std::string_view token = Token(value);
    std::string_view digits = token;
    bool integer = false;
    if (!token.empty() && token[0] == '"') {
      if (const auto error = value.get_string().get(digits)) return Invalid(error);
    } else if (!IsJsonNumber(token, &integer)) {
      return ReadOther(value, column);
    }
    const auto unscaled = ParseDecimal(digits, column.type().scale());
    if (!unscaled || !FitsPrecision(*unscaled, column.type().precision())) {
      return Bad(NotAValue(column, token, "it is no number, or has more digits before or after the point"));
    }
    column.AppendFixed(*unscaled);
    return true;
  }

  bool ReadText(ondemand::value& value, Column& column) {
    const std::string_view token = Token(value);
    if (token.empty() || token[0] != '"') return ReadOther(value, column);
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return Invalid(error);
    const char* const why = AppendText(text, column);
    return why == nullptr || Bad(NotAValue(column, token, why));
  }

  bool ReadTimestamp(ondemand::value& value, Column& column) {
    const std::string_view token = Token(value);
    if (!token.empty() && token[0] == '"') return ReadText(value, column);
    int64_t number = 0;
    if (value.get_int64().get(number)) return ReadOther(value, column);
    if (column.AppendEpoch(number)) return true;
    return Bad(
        NotAValue(column, token,
                  fmt::format("integers are {} since 1970-01-01T00:00:00Z, as `time_unit:` says, and it is too large",
                              ToString(column.epoch_unit()))));
  }

  bool ReadList(ondemand::value& value, Column& column) {
    ondemand::array array;
    if (value.get_array().get(array)) return ReadOther(value, column);
    if (column.depth() > kMaxJsonDepth) return Bad(TooDeep());
    for (auto item : array) {
      if (item.error()) return Invalid(item.error());
      if (!ReadValue(Unwrap(item), column.child(0))) return false;
    }
    column.AppendRepeated();
    return true;
  }

  bool ReadMap(ondemand::value& value, Column& column) {
    Column& keys = column.child(0);
    ondemand::object object;
    if (keys.kind() != TypeKind::kString || value.get_object().get(object)) return ReadOther(value, column);
    if (column.depth() > kMaxJsonDepth) return Bad(TooDeep());
    UniqueKeys seen;
    for (auto item : object) {
      if (item.error()) return Invalid(item.error());
      ondemand::field& field = Unwrap(item);
      std::string_view key;
      if (const auto error = field.unescaped_key(/*allow_replacement=*/false).get(key)) return Invalid(error);
      if (!seen.Add(key)) return Bad(StandsTwice(column, key));
      keys.AppendBytes(key);
      if (!ReadValue(field.value(), column.child(1))) return false;
    }
    column.AppendRepeated();
    return true;
  }

  // Handles a value that the column's own reader refused: null, a value that says nothing, or a bad value.
  bool ReadOther(ondemand::value& value, Column& column) {
    const std::string_view token = Token(value);
    if (token.empty()) return Bad("invalid JSON: a value is missing");
    switch (token[0]) {
      case 'n':
        return token == "null" ? Null(column) : NoToken(token);
      case '{':
      case '[':
        switch (ScanContent(Rest(token), column.depth() - 1)) {
          case JsonContent::kNothing:
            return Null(column);
          case JsonContent::kSomething:
            return Bad(DoesNotFit(column, token));
          case JsonContent::kTooDeep:
            return Bad(TooDeep());
          case JsonContent::kMalformed:
            break;
        }
        return Bad(fmt::format("invalid JSON in the value of '{}'", PathOf(column)));
      case '"':
        return Bad(DoesNotFit(column, token));
      case 't':
      case 'f':
        return token == "true" || token == "false" ? Bad(DoesNotFit(column, token)) : NoToken(token);
      default:
        break;
    }
    bool integer = false;
    if (!IsJsonNumber(token, &integer)) return NoToken(token);
    if (integer && column.kind() == TypeKind::kInt)
      return OutOfRange(token.data(), column, "it does not fit in 32 bits");
    if (integer && !FitsInt64(token)) return Bad(BeyondInt64(column, token));
    if (column.kind() == TypeKind::kDouble || column.kind() == TypeKind::kFloat) {
      return OutOfRange(token.data(), column, "it is too large");
    }
    return Bad(DoesNotFit(column, token));
  }

  bool Null(Column& column) {
    if (column.required()) return Bad(IsRequired(column, "null"));
    column.AppendNull();
    return true;
  }

  bool NoToken(std::string_view token) {
    return Bad(fmt::format("invalid JSON near byte {}: no value begins so", token.data() - begin_));
  }

  bool OutOfRange(const char* at, const Column& column, std::string_view why) {
    const std::string_view token = NumberAt(at);
    if (column.kind() == TypeKind::kInt && !FitsInt64(token)) return Bad(BeyondInt64(column, token));
    return Bad(NotAValue(column, token, why));
  }

  std::string_view NumberAt(const char* at) const {
    const char* past = at;
    while (past < end_ &&
           (std::isalnum(static_cast<unsigned char>(*past)) || *past == '-' || *past == '+' || *past == '.')) {
      ++past;
    }
    return {at, static_cast<size_t>(past - at)};
  }

  JsonRowsOptions options_;
  ondemand::parser parser_;
  int misses_ = 0;
  int pass_over_ = 0;  // records that are not tried directly
  ondemand::document document_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  bool grows_ = false;
  std::string reason_;
};

JsonRows::JsonRows(const JsonRowsOptions& options) : impl_(std::make_unique<Impl>(options)) {}
JsonRows::~JsonRows() = default;
JsonRows::Outcome JsonRows::Append(std::string_view value, Column& root) { return impl_->Append(value, root); }
const std::string& JsonRows::reason() const { return impl_->reason(); }

}  // namespace frazil::decode
