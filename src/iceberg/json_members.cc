#include "iceberg/json_members.h"

#include <limits>

#include "common/text/json.h"

namespace frazil::iceberg::json {
namespace {

tl::unexpected<Error> Expected(std::string_view what, const Json& got) {
  return Fail(ErrorKind::kCorrupt, "expected {}, got {}", what, got.type_name());
}

}  // namespace

Result<Json> Parse(std::string_view text) { return ParseJson(text); }

std::string Dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

Status Read(const Json& value, bool* to) {
  if (!value.is_boolean()) return Expected("true or false", value);
  *to = value.get<bool>();
  return {};
}

Status Read(const Json& value, int64_t* to) {
  if (!value.is_number_integer()) return Expected("an integer", value);
  if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
    return Fail(ErrorKind::kCorrupt, "{} does not fit 64 bits", value.get<uint64_t>());
  }
  *to = value.get<int64_t>();
  return {};
}

Status Read(const Json& value, int32_t* to) {
  int64_t wide = 0;
  FRAZIL_RETURN_IF_ERROR(Read(value, &wide));
  if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max()) {
    return Fail(ErrorKind::kCorrupt, "{} does not fit 32 bits", wide);
  }
  *to = static_cast<int32_t>(wide);
  return {};
}

Status Read(const Json& value, std::string* to) {
  if (!value.is_string()) return Expected("a string", value);
  *to = value.get_ref<const std::string&>();
  return {};
}

Status Read(const Json& value, Json* to) {
  *to = value;
  return {};
}

Status Read(const Json& value, std::map<std::string, std::string>* to) {
  if (!value.is_object()) return Expected("an object of strings", value);
  for (const auto& [key, item] : value.items()) {
    if (auto status = Read(item, &(*to)[key]); !status) return Wrap(status.error(), fmt::format("\"{}\"", key));
  }
  return {};
}

const Json* Find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Status ExpectObject(const Json& value, std::string_view what) {
  if (!value.is_object()) return Fail(ErrorKind::kCorrupt, "{}: expected an object, got {}", what, value.type_name());
  return {};
}

void AddCarried(const std::map<std::string, std::string>& carried, Json* object) {
  for (const auto& [key, text] : carried) (*object)[key] = Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Result<int32_t> ReadSourceId(const Json& field) {
  if (Find(field, "source-id") != nullptr) return Required<int32_t>(field, "source-id");
  FRAZIL_ASSIGN_OR_RETURN(const auto ids, Optional<std::vector<int32_t>>(field, "source-ids"));
  if (!ids || ids->empty()) return Fail(ErrorKind::kCorrupt, "member \"source-id\" is missing");
  if (ids->size() > 1) {
    return Fail(ErrorKind::kUnsupported, "a transform of {} source columns is not supported", ids->size());
  }
  return ids->front();
}

}  // namespace frazil::iceberg::json
