#include "decode/json_shape_reader.h"

#include <fmt/core.h>

#include <unordered_set>

#include "common/text/shown.h"
#include "common/time/civil_time.h"
#include "decode/column_reason.h"
#include "decode/decoder.h"
#include "decode/json_input.h"
#include "decode/json_nothing.h"
#include "decode/json_reason.h"

namespace frazil::decode {

namespace ondemand = simdjson::ondemand;

class JsonShapeReader::Impl {
 public:
  Impl(bool infer_time, Renames renames, bool diverts)
      : renames_(std::move(renames)), infer_time_(infer_time), diverts_(diverts) {}

  Outcome Read(std::string_view value, JsonShape& shape) {
    end_ = value.data() + value.size();
    contradicts_ = false;
    ondemand::document document;
    ondemand::object object;
    reason_ = "invalid JSON";
    auto error = parser_.iterate(Padded(value)).get(document);
    if (!error) error = document.get_object().get(object);
    if (error) {
      ThrowIfOurs(error);
      return Outcome::kMalformed;
    }
    if (!ReadObject(object, &shape, renames_.empty() ? nullptr : &renames_, 1) || !document.at_end())
      return Outcome::kMalformed;
    return contradicts_ ? Outcome::kContradicts : Outcome::kRead;
  }

  const std::string& reason() const { return reason_; }

 private:
  // `into` is null below a contradiction: there only the form counts. So it is in the functions below. `renames` is
  // null where nothing was renamed.
  bool ReadObject(ondemand::object& object, JsonShape* into, const Renames* renames, int depth) {
    if (depth > kMaxJsonDepth) return Fault(TooDeep());
    std::unordered_set<std::string> names;
    for (auto item : object) {
      ondemand::field field;
      std::string_view name;
      if (std::move(item).get(field) || field.unescaped_key(/*allow_replacement=*/false).get(name)) return false;
      const auto [kept, added] = names.emplace(renames == nullptr ? name : renames->NameNow(name));
      if (!added)
        return Fault(fmt::format("key '{}' stands twice in one object, so its value is ambiguous", Shown(name)));
      if (diverts_ && name.ends_with(kConflictSuffix) && Content(field.value(), depth) == JsonContent::kSomething) {
        return Fault(IsForConflicts(name));
      }
      const auto place = [&, &key = *kept] { return into ? Noted(into->ObserveField(key)) : nullptr; };
      const Renames* const below = renames == nullptr ? nullptr : renames->Below(*kept);
      if (!ReadPart(field.value(), below, depth, place)) return false;
    }
    return true;
  }

  bool ReadArray(ondemand::array& array, JsonShape* into, const Renames* renames, int depth) {
    if (depth > kMaxJsonDepth) return Fault(TooDeep());
    const Renames* const below = renames == nullptr ? nullptr : renames->Below("element");
    for (auto item : array) {
      ondemand::value value;
      if (std::move(item).get(value)) return false;
      if (!ReadPart(value, below, depth, [&] { return into ? Noted(into->ObserveElement()) : nullptr; })) return false;
    }
    return true;
  }

  // Reads a value in an object or array at `depth`. `place`, which returns the shape for the value, is called only if
  // the value says something.
  template <class Place>
  bool ReadPart(ondemand::value value, const Renames* renames, int depth, Place place) {
    switch (Content(value, depth)) {
      case JsonContent::kNothing:
        return true;
      case JsonContent::kSomething:
        return ReadValue(value, place(), renames, depth);
      case JsonContent::kTooDeep:
        return Fault(TooDeep());
      case JsonContent::kMalformed:
        break;
    }
    return false;
  }

  // A value that says something; `depth` is that of what it is in.
  bool ReadValue(ondemand::value value, JsonShape* into, const Renames* renames, int depth) {
    const std::string_view token = Token(value);
    switch (token.empty() ? '\0' : token[0]) {
      case '{': {
        ondemand::object object;
        return !value.get_object().get(object) && ReadObject(object, into, renames, depth + 1);
      }
      case '[': {
        ondemand::array array;
        return !value.get_array().get(array) && ReadArray(array, into, renames, depth + 1);
      }
      case '"': {
        std::string_view text;
        if (value.get_string().get(text)) return false;
        return Note(into, ClassOf(text));
      }
      case 't':
      case 'f':
        return (token == "true" || token == "false") && Note(into, JsonClass::kBoolean);
      default: {
        bool integer = false;
        if (!IsJsonNumber(token, &integer)) return false;
        // One that no number's column holds is text where there may be such: a later column must not save the record.
        double number = 0;
        const bool as_text =
            into && into->text() && (integer ? !FitsInt64(token) : value.get_double().get(number) != 0);
        return Note(into, as_text ? JsonClass::kString : integer ? JsonClass::kInteger : JsonClass::kFraction);
      }
    }
  }

  JsonContent Content(ondemand::value value, int depth) const {
    const char* at = Token(value).data();
    if (!at || at >= end_) return JsonContent::kMalformed;
    return ScanContent({at, static_cast<size_t>(end_ - at)}, depth);
  }

  JsonClass ClassOf(std::string_view text) const {
    if (!infer_time_) return JsonClass::kString;
    if (ParseDate(text)) return JsonClass::kDate;
    if (ParseTimestamp(text, Zone::kNone)) return JsonClass::kTimestamp;
    if (ParseTimestamp(text, Zone::kRequired)) return JsonClass::kTimestampTz;
    return JsonClass::kString;
  }

  bool Fault(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  bool Note(JsonShape* into, JsonClass scalar) {
    if (into && !into->Observe(scalar)) contradicts_ = true;
    return true;
  }
  JsonShape* Noted(JsonShape* below) {
    if (!below) contradicts_ = true;
    return below;
  }

  const Renames renames_;
  ondemand::parser parser_;
  bool infer_time_;
  bool diverts_;
  bool contradicts_ = false;
  const char* end_ = nullptr;
  std::string reason_;
};

const std::string& JsonShapeReader::reason() const { return impl_->reason(); }
JsonShapeReader::JsonShapeReader(bool infer_time, Renames renames, bool diverts)
    : impl_(std::make_unique<Impl>(infer_time, std::move(renames), diverts)) {}
JsonShapeReader::~JsonShapeReader() = default;
JsonShapeReader::Outcome JsonShapeReader::Read(std::string_view value, JsonShape& shape) {
  return impl_->Read(value, shape);
}

}  // namespace frazil::decode
