#include "common/text/json.h"

#include <cstdint>
#include <string>

#include "common/limits.h"

namespace frazil {
namespace {

using Json = nlohmann::json;

// Counts values and levels before a tree is built. The callback of Json::parse could count too, but it is slow: at the
// end of each nested object it looks at all members of the enclosing object again.
class Counter {
 public:
  Counter(int64_t most_values, int64_t most_levels) : most_(most_values), deepest_(most_levels) {}

  bool too_deep() const { return too_deep_; }
  bool too_many() const { return values_ > most_; }

  // The SAX interface of nlohmann::json. The parser continues as long as these return true.
  bool null() { return Value(); }
  bool boolean(bool) { return Value(); }
  bool number_integer(Json::number_integer_t) { return Value(); }
  bool number_unsigned(Json::number_unsigned_t) { return Value(); }
  bool number_float(Json::number_float_t, const std::string&) { return Value(); }
  bool string(std::string&) { return Value(); }
  bool binary(Json::binary_t&) { return Value(); }
  bool key(std::string&) { return true; }
  bool start_object(size_t) { return Enter(); }
  bool start_array(size_t) { return Enter(); }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool parse_error(size_t position, const std::string&, const Json::exception&) {
    invalid_at_ = position;
    return false;
  }

  // The byte where parsing failed, counted from 1. The error does not quote the text there, because it may be a secret.
  size_t invalid_at() const { return invalid_at_; }

 private:
  bool Value() {
    ++values_;
    return !too_deep_ && !too_many();
  }
  bool Enter() {
    ++depth_;
    too_deep_ = too_deep_ || depth_ > deepest_;
    return Value();
  }
  bool Leave() {
    --depth_;
    return true;
  }

  const int64_t most_;
  const int64_t deepest_;
  int64_t values_ = 0;
  int64_t depth_ = 0;
  bool too_deep_ = false;
  size_t invalid_at_ = 0;
};

}  // namespace

Result<nlohmann::json> ParseJson(std::string_view text) {
  const Limit& most = CurrentLimits().json_values;
  const Limit& deepest = CurrentLimits().json_nesting;
  Counter counter(most.amount(), deepest.amount());
  const bool valid = Json::sax_parse(text, &counter);
  if (counter.too_deep()) {
    return Fail(ErrorKind::kCorrupt, "JSON is nested deeper than {} allows. Raise that if it is right", deepest);
  }
  if (counter.too_many()) {
    return Fail(ErrorKind::kCorrupt, "this JSON has more values than {} allows. Raise that if it is right", most);
  }
  if (!valid) return Fail(ErrorKind::kCorrupt, "the text is no valid JSON from byte {} on", counter.invalid_at());
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace frazil
