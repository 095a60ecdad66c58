#include "decode/json_shape_reader.h"

#include <fmt/core.h>

#include <unordered_set>

#include "common/text/shown.h"
#include "common/time/civil_time.h"
#include "decode/json_input.h"
#include "decode/json_nothing.h"
#include "decode/json_reason.h"

namespace frazil::decode {

namespace ondemand = simdjson::ondemand;

class JsonShapeReader::Impl {
 public:
  explicit Impl(bool infer_time) : infer_time_(infer_time) {}

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
    if (!ReadObject(object, &shape, 1) || !document.at_end()) return Outcome::kMalformed;
    return contradicts_ ? Outcome::kContradicts : Outcome::kRead;
  }

  const std::string& reason() const { return reason_; }

 private:
  // `into` is null below a contradiction. Then only the syntax is checked. The same holds in the functions below.
  bool ReadObject(ondemand::object& object, JsonShape* into, int depth) {
    if (depth > kMaxJsonDepth) return Fault(TooDeep());
    std::unordered_set<std::string> names;
    for (auto item : object) {
      ondemand::field field;
      std::string_view name;
      if (std::move(item).get(field) || field.unescaped_key(/*allow_replacement=*/false).get(name)) return false;
      const auto [kept, added] = names.emplace(name);
      if (!added)
        return Fault(fmt::format("key '{}' stands twice in one object, so its value is ambiguous", Shown(name)));
      const auto place = [&, &key = *kept] { return into ? Noted(into->ObserveField(key)) : nullptr; };
      if (!ReadPart(field.value(), depth, place)) return false;
    }
    return true;
  }

  bool ReadArray(ondemand::array& array, JsonShape* into, int depth) {
    if (depth > kMaxJsonDepth) return Fault(TooDeep());
    for (auto item : array) {
      ondemand::value value;
      if (std::move(item).get(value)) return false;
      if (!ReadPart(value, depth, [&] { return into ? Noted(into->ObserveElement()) : nullptr; })) return false;
    }
    return true;
  }

  // Reads a value in an object or array at `depth`. `place`, which returns the shape for the value, is called only if
  // the value says something.
  template <class Place>
  bool ReadPart(ondemand::value value, int depth, Place place) {
    switch (Content(value, depth)) {
      case JsonContent::kNothing:
        return true;
      case JsonContent::kSomething:
        return ReadValue(value, place(), depth);
      case JsonContent::kTooDeep:
        return Fault(TooDeep());
      case JsonContent::kMalformed:
        break;
    }
    return false;
  }

  // Reads a value that says something. `depth` is the depth of the enclosing object or array.
  bool ReadValue(ondemand::value value, JsonShape* into, int depth) {
    const std::string_view token = Token(value);
    switch (token.empty() ? '\0' : token[0]) {
      case '{': {
        ondemand::object object;
        return !value.get_object().get(object) && ReadObject(object, into, depth + 1);
      }
      case '[': {
        ondemand::array array;
        return !value.get_array().get(array) && ReadArray(array, into, depth + 1);
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
        return IsJsonNumber(token, &integer) && Note(into, integer ? JsonClass::kInteger : JsonClass::kFraction);
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

  ondemand::parser parser_;
  bool infer_time_;
  bool contradicts_ = false;
  const char* end_ = nullptr;
  std::string reason_;
};

const std::string& JsonShapeReader::reason() const { return impl_->reason(); }
JsonShapeReader::JsonShapeReader(bool infer_time) : impl_(std::make_unique<Impl>(infer_time)) {}
JsonShapeReader::~JsonShapeReader() = default;
JsonShapeReader::Outcome JsonShapeReader::Read(std::string_view value, JsonShape& shape) {
  return impl_->Read(value, shape);
}

}  // namespace frazil::decode
