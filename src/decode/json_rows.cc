#include "decode/json_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include "common/decimal.h"
#include "common/text/shown.h"
#include "common/time/civil_time.h"
#include "decode/column_reason.h"
#include "decode/json_direct_rows.h"
#include "decode/json_input.h"
#include "decode/json_nothing.h"
#include "decode/json_reason.h"
#include "decode/json_rest.h"
#include "decode/json_shape.h"
#include "decode/json_shape_reader.h"
#include "decode/json_text_values.h"
#include "decode/json_value_end.h"
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
    wish_ = {};
    aliased_.clear();
    conflicts_ = false;
    here_ = {};
    record_ = value;
    sound_ = false;
    if (options_.on_unknown_field == OnUnknownField::kColumn) rest_.Clear();
    ondemand::object object;
    if (const auto error = parser_.iterate(Padded(value)).get(document_)) return Unreadable(error);
    if (const auto error = document_.get_object().get(object)) return NoObject(error);
    if (!ReadFields(object, root)) return grows_ ? Outcome::kGrows : Outcome::kBad;
    if (!document_.at_end()) [[unlikely]] {
      Bad("more than one JSON value, or text after its end");
      return Outcome::kBad;
    }
    root.AppendStruct();
    counts_.left_out += here_.left_out;
    counts_.kept += here_.kept;
    counts_.as_text += here_.as_text;
    counts_.beside += here_.beside;
    return Outcome::kRow;
  }

  const std::string& reason() const { return reason_; }
  const ColumnWish& wish() const { return wish_; }
  const FieldCounts& counts() const { return counts_; }
  const std::set<std::string>& left_out() const { return left_out_; }
  void Forget() {
    counts_ = {};
    left_out_.clear();
  }

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

  // The value contradicts its column.
  bool Conflict(std::string reason) {
    conflicts_ = true;
    return Bad(std::move(reason));
  }

  // The record is a row once the column has become what it needs: an optional one where `type` is null.
  bool Wish(Column& column, iceberg::TypePtr type) {
    wish_ = {&column, std::move(type)};
    grows_ = true;
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
      if (index == Column::kNone || !aliased_.empty() || !IsKey(field.key().raw(), into.child(index))) [[unlikely]] {
        std::string_view name;
        if (const auto error = field.unescaped_key(/*allow_replacement=*/false).get(name)) return Invalid(error);
        index = into.Find(name);
        if (index == Column::kNone) {
          if (!Ignore(field, name, into, ignored)) return false;
          continue;
        }
        if (name != into.child(index).name() || !aliased_.empty()) [[unlikely]] {
          bool passed_over = false;
          if (!ReadRenamed(field, name, into, into.child(index), ignored, passed_over)) return false;
          if (passed_over) continue;
        }
        into.set_follower(previous, index);
      }
      previous = index + 1;
      Column& column = into.child(index);
      if (column.length() != row) [[unlikely]]
        return Bad(StandsTwice(into, column.name()));
      place_ = {column.name(), 0};
      if (options_.on_type_conflict == OnTypeConflict::kColumn) [[unlikely]] {
        if (!ReadOrDivert(field.value(), into, column, filled)) return false;
      } else if (!ReadField(field.value(), column)) [[unlikely]] {
        return false;
      }
      ++filled;
    }
    if (!rest_.empty() && into.parent() == nullptr) [[unlikely]] {
      // Not there yet where it is missing in the table: then the row will be made once more.
      const uint32_t index = into.FindHidden(options_.unknown_fields_column);
      if (index != Column::kNone) {
        into.child(index).AppendBytes(rest_.Finish());
        ++filled;
      }
    }
    if (filled == into.child_count()) return true;
    const Column* const required = into.FillMissing();
    if (required == nullptr) return true;
    if (required->relaxes()) return Wish(into.child(into.FindHidden(required->name())), nullptr);
    return Bad(IsRequired(*required, "missing"));
  }

  // A value that contradicts its column goes into the one beside it, as it was sent.
  bool ReadOrDivert(ondemand::value& value, Column& into, Column& column, size_t& filled) {
    const int64_t row = into.length();
    const char* const at = Start(value);
    const FieldCounts counts = here_;
    std::optional<JsonRest::Mark> mark;
    if (options_.on_unknown_field == OnUnknownField::kColumn && column.kind() >= TypeKind::kStruct) mark = rest_.mark();
    if (ReadField(value, column)) return true;
    if (!std::exchange(conflicts_, false)) return false;
    if (column.required()) return column.relaxes() ? Wish(column, nullptr) : false;
    // Else it would depend on the columns that there are whether the record is bad.
    if (!IsSound()) return false;
    bool too_deep = false;
    const char* const past = JsonValueEnd(at, end_, into.depth(), too_deep);
    if (past == nullptr) {
      return Bad(too_deep ? TooDeep() : fmt::format("invalid JSON in the value of '{}'", PathOf(column)));
    }
    const std::string name = column.name() + std::string(kConflictSuffix);
    const uint32_t index = into.FindHidden(name);
    if (index == Column::kNone) {
      if (!options_.add_columns) return false;
      wish_ = {&into, nullptr, name};
      grows_ = true;
      return false;
    }
    Column& beside = into.child(index);
    if (beside.kind() != TypeKind::kString) return false;
    column.Truncate(row);
    column.AppendNull();
    beside.AppendBytes({at, static_cast<size_t>(past - at)});
    ++filled;
    if (mark) rest_.GoBack(*mark);
    here_ = counts;
    ++here_.beside;
    return true;
  }

  // Whether the record is what its columns could be told from: in all of its values, once.
  bool IsSound() {
    JsonShape shape;
    if (!sound_ && shape_reader_.Read(record_, shape) == JsonShapeReader::Outcome::kMalformed) {
      return Bad(shape_reader_.reason());
    }
    return sound_ = true;
  }

  // A field of a struct that has fields of names of before in this record. Of two for one column one must say nothing.
  bool ReadRenamed(ondemand::field& field, std::string_view name, const Column& into, const Column& column,
                   std::unique_ptr<UniqueKeys>& seen, bool& passed_over) {
    const bool before = name != column.name();
    const bool other = std::find(aliased_.begin(), aliased_.end(), &column) != aliased_.end();
    if (!before && !other) return true;
    if (!seen) seen = std::make_unique<UniqueKeys>();
    if (!seen->Add(name)) return Bad(StandsTwice(into, name));
    const std::string_view token = Token(field.value());
    if (!token.empty() && ScanContent(Rest(token), into.depth()) == JsonContent::kNothing) {
      passed_over = true;
      return true;
    }
    if (column.length() != into.length()) return Bad(RenamedTwice(column));
    aliased_.push_back(&column);
    return true;
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
    if (options_.on_type_conflict == OnTypeConflict::kColumn && name.ends_with(kConflictSuffix)) {
      return Bad(IsForConflicts(name));
    }
    switch (options_.on_unknown_field) {
      case OnUnknownField::kEvolve:
        if (!options_.add_columns) return Bad(NotAllowedInStrictMode(into, name));
        grows_ = true;
        return false;
      case OnUnknownField::kFail:
        return Bad(NotWanted(into, name));
      case OnUnknownField::kIgnore:
      case OnUnknownField::kColumn:
        break;
    }
    bool too_deep = false;
    const char* const past = JsonValueEnd(token.data(), end_, into.depth(), too_deep);
    if (past == nullptr) {
      return Bad(too_deep ? TooDeep() : fmt::format("invalid JSON in the value of '{}'", PathOf(into, name)));
    }
    if (options_.on_unknown_field == OnUnknownField::kColumn) {
      rest_.Keep(name, {token.data(), static_cast<size_t>(past - token.data())});
      ++here_.kept;
      return true;
    }
    constexpr size_t kMostTold = 20;
    ++here_.left_out;
    if (left_out_.size() < kMostTold) left_out_.insert(PathOf(into, name));
    return true;
  }

  // While it is there, an object or array in the record is being read.
  class Within {
   public:
    Within(Impl& rows, bool is_array)
        : rest_(rows.options_.on_unknown_field == OnUnknownField::kColumn ? &rows.rest_ : nullptr) {
      if (rest_ != nullptr) rest_->Enter(rows.place_.name, rows.place_.index, is_array);
    }
    ~Within() {
      if (rest_ != nullptr) rest_->Leave();
    }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;

   private:
    JsonRest* const rest_;
  };

  // Reads the value of a field. For structs and lists, a value that says nothing becomes null (json_nothing.h).
  bool ReadField(ondemand::value& value, Column& column) {
    if ((column.kind() == TypeKind::kStruct || column.kind() == TypeKind::kList) &&
        (!column.required() || column.relaxes())) {
      const std::string_view token = Token(value);
      if (!token.empty() && (token[0] == '{' || token[0] == '[') &&
          ScanContent(Rest(token), column.depth() - 1) == JsonContent::kNothing) {
        return Null(column);
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
        if (number != static_cast<int32_t>(number)) {
          if (column.widens()) return Wish(column, iceberg::Type::Primitive(TypeKind::kLong));
          return OutOfRange(at, column, "it does not fit in 32 bits");
        }
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
        const Within within(*this, /*is_array=*/false);
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
      if (IsJsonNumber(token, &integer) && integer && !FitsInt64(token)) return Conflict(BeyondInt64(column, token));
    }
    if (column.kind() == TypeKind::kDouble) {
      column.AppendFixed(number);
      return true;
    }
    if (column.widens() && !IsFloat(number)) return Wish(column, iceberg::Type::Primitive(TypeKind::kDouble));
    if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
      return OutOfRange(at, column, "it is too large for 32 bits");
    }
    column.AppendFixed(static_cast<float>(number));
    return true;
  }

  bool ReadString(ondemand::value& value, Column& column) {
    ondemand::raw_json_string raw;
    if (value.get_raw_json_string().get(raw)) {
      return options_.on_type_conflict == OnTypeConflict::kString ? ReadAsText(value, column)
                                                                  : ReadOther(value, column);
    }
    // simdjson writes whole vectors: 32 bytes more than the text at most.
    uint8_t* const to = column.BeginString(end_ - raw.raw() + static_cast<int64_t>(simdjson::SIMDJSON_PADDING));
    uint8_t* past = to;
    std::string_view text;
    if (const auto error = parser_.unescape(raw, past).get(text)) return Invalid(error);
    column.EndString(static_cast<int64_t>(text.size()));
    return true;
  }

  // A value that is no string, as it was sent.
  bool ReadAsText(ondemand::value& value, Column& column) {
    const std::string_view token = Token(value);
    const bool nested = !token.empty() && (token[0] == '{' || token[0] == '[');
    if (token.empty() || token == "null" ||
        (nested && ScanContent(Rest(token), column.depth() - 1) != JsonContent::kSomething)) {
      return ReadOther(value, column);
    }
    if (nested && !IsSound()) return false;
    bool too_deep = false;
    const char* const past = JsonValueEnd(token.data(), end_, column.depth() - 1, too_deep);
    if (past == nullptr || (!nested && token.size() != static_cast<size_t>(past - token.data()))) {
      if (too_deep) return Bad(TooDeep());
      return nested ? Bad(fmt::format("invalid JSON in the value of '{}'", PathOf(column))) : NoToken(token);
    }
    column.AppendBytes({token.data(), static_cast<size_t>(past - token.data())});
    ++here_.as_text;
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
      if (unscaled && column.widens()) {
        if (auto wider = WiderDecimal(*unscaled, column.type())) return Wish(column, std::move(wider));
      }
      return Conflict(NotAValue(column, token, "it is no number, or has more digits before or after the point"));
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
    return why == nullptr || Conflict(NotAValue(column, token, why));
  }

  bool ReadTimestamp(ondemand::value& value, Column& column) {
    const std::string_view token = Token(value);
    if (!token.empty() && token[0] == '"') return ReadText(value, column);
    int64_t number = 0;
    if (value.get_int64().get(number)) return ReadOther(value, column);
    if (column.AppendEpoch(number)) return true;
    return Conflict(
        NotAValue(column, token,
                  fmt::format("integers are {} since 1970-01-01T00:00:00Z, as `time_unit:` says, and it is too large",
                              ToString(column.epoch_unit()))));
  }

  bool ReadList(ondemand::value& value, Column& column) {
    ondemand::array array;
    if (value.get_array().get(array)) return ReadOther(value, column);
    if (column.depth() > kMaxJsonDepth) return Bad(TooDeep());
    const Within within(*this, /*is_array=*/true);
    int64_t count = 0;
    for (auto item : array) {
      if (item.error()) return Invalid(item.error());
      place_ = {{}, count++};
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
    const Within within(*this, /*is_array=*/false);
    for (auto item : object) {
      if (item.error()) return Invalid(item.error());
      ondemand::field& field = Unwrap(item);
      std::string_view key;
      if (const auto error = field.unescaped_key(/*allow_replacement=*/false).get(key)) return Invalid(error);
      if (!seen.Add(key)) return Bad(StandsTwice(column, key));
      keys.AppendBytes(key);
      place_ = {key, 0};
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
            return Conflict(DoesNotFit(column, token));
          case JsonContent::kTooDeep:
            return Bad(TooDeep());
          case JsonContent::kMalformed:
            break;
        }
        return Bad(fmt::format("invalid JSON in the value of '{}'", PathOf(column)));
      case '"':
        return Conflict(DoesNotFit(column, token));
      case 't':
      case 'f':
        return token == "true" || token == "false" ? Conflict(DoesNotFit(column, token)) : NoToken(token);
      default:
        break;
    }
    bool integer = false;
    if (!IsJsonNumber(token, &integer)) return NoToken(token);
    if (integer && column.kind() == TypeKind::kInt)
      return OutOfRange(token.data(), column, "it does not fit in 32 bits");
    if (integer && !FitsInt64(token)) return Conflict(BeyondInt64(column, token));
    if (column.kind() == TypeKind::kDouble || column.kind() == TypeKind::kFloat) {
      return OutOfRange(token.data(), column, "it is too large");
    }
    return Conflict(DoesNotFit(column, token));
  }

  bool Null(Column& column) {
    if (column.required() && column.relaxes()) return Wish(column, nullptr);
    if (column.required()) return Bad(IsRequired(column, "null"));
    column.AppendNull();
    return true;
  }

  bool NoToken(std::string_view token) {
    return Bad(fmt::format("invalid JSON near byte {}: no value begins so", token.data() - begin_));
  }

  bool OutOfRange(const char* at, const Column& column, std::string_view why) {
    const std::string_view token = NumberAt(at);
    if (column.kind() == TypeKind::kInt && !FitsInt64(token)) return Conflict(BeyondInt64(column, token));
    return Conflict(NotAValue(column, token, why));
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
  bool conflicts_ = false;  // reason_ is that a value contradicts its column
  struct Place {
    std::string_view name;  // in the object that is being read
    int64_t index = 0;      // in the array
  } place_;                 // of the value that is read next
  JsonRest rest_;
  JsonShapeReader shape_reader_{false};
  std::string_view record_;
  bool sound_ = false;  // it was found to be
  FieldCounts here_;    // of the record
  FieldCounts counts_;
  std::set<std::string> left_out_;
  ColumnWish wish_;                     // with grows_
  std::vector<const Column*> aliased_;  // that the record has under a name of before
  std::string reason_;
};

JsonRows::JsonRows(const JsonRowsOptions& options) : impl_(std::make_unique<Impl>(options)) {}
JsonRows::~JsonRows() = default;
JsonRows::Outcome JsonRows::Append(std::string_view value, Column& root) { return impl_->Append(value, root); }
const std::string& JsonRows::reason() const { return impl_->reason(); }
const ColumnWish& JsonRows::wish() const { return impl_->wish(); }
const FieldCounts& JsonRows::counts() const { return impl_->counts(); }
const std::set<std::string>& JsonRows::left_out() const { return impl_->left_out(); }
void JsonRows::Forget() { impl_->Forget(); }

}  // namespace frazil::decode
