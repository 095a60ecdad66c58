// Reads members of untrusted JSON objects, and checks their types. Numbers must be exact: an id written as 1.0 or 1e3,
// or one that does not fit its type, is an error. Errors are kCorrupt and name the member.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::iceberg::json {

using Json = nlohmann::json;

// kCorrupt if `text` is not valid JSON.
Result<Json> Parse(std::string_view text);

// Writes JSON on one line. Bytes that are not valid UTF-8 become U+FFFD, so it never throws.
std::string Dump(const Json& value);

// Converts `value` to a bool, int32_t, int64_t, std::string, Json (any value), a vector of these, or a map of strings.
Status Read(const Json& value, bool* to);
Status Read(const Json& value, int32_t* to);
Status Read(const Json& value, int64_t* to);
Status Read(const Json& value, std::string* to);
Status Read(const Json& value, Json* to);
Status Read(const Json& value, std::map<std::string, std::string>* to);
template <class T>
Status Read(const Json& value, std::vector<T>* to) {
  if (!value.is_array()) return Fail(ErrorKind::kCorrupt, "expected an array, got {}", value.type_name());
  for (const auto& item : value) {
    T one{};
    FRAZIL_RETURN_IF_ERROR(Read(item, &one));
    to->push_back(std::move(one));
  }
  return {};
}

// The member, or nullptr if it is missing or null. `object` must be an object (see ExpectObject).
const Json* Find(const Json& object, const char* key);
Status ExpectObject(const Json& value, std::string_view what);

template <class T>
Result<std::optional<T>> Optional(const Json& object, const char* key) {
  const Json* member = Find(object, key);
  if (member == nullptr) return std::nullopt;
  T value{};
  if (auto status = Read(*member, &value); !status) return Wrap(status.error(), fmt::format("member \"{}\"", key));
  return std::optional<T>(std::move(value));
}

template <class T>
Result<T> Required(const Json& object, const char* key) {
  FRAZIL_ASSIGN_OR_RETURN(auto value, Optional<T>(object, key));
  if (!value) return Fail(ErrorKind::kCorrupt, "member \"{}\" is missing", key);
  return std::move(*value);
}

template <class T>
Result<T> Otherwise(const Json& object, const char* key, T otherwise) {
  FRAZIL_ASSIGN_OR_RETURN(auto value, Optional<T>(object, key));
  return value ? std::move(*value) : std::move(otherwise);
}

// Adds members that Frazil keeps as JSON text without interpreting them.
void AddCarried(const std::map<std::string, std::string>& carried, Json* object);

// Reads "source-id" of a partition or sort field. Format v3 may have "source-ids" with one element instead. Several
// sources are kUnsupported.
Result<int32_t> ReadSourceId(const Json& field);

}  // namespace frazil::iceberg::json
