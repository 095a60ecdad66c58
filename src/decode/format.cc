#include "decode/format.h"

#include "decode/avro_format.h"
#include "decode/json_format.h"

namespace frazil::decode {
namespace {

struct Kind {
  std::string_view name;
  Result<FormatPtr> (*open)(const FormatSettings& settings);
};

// The first is the default.
constexpr Kind kKinds[] = {{"json", OpenJsonFormat}, {"avro", OpenAvroFormat}};

}  // namespace

std::vector<std::string_view> FormatNames() {
  std::vector<std::string_view> names;
  for (const Kind& kind : kKinds) names.push_back(kind.name);
  return names;
}

std::vector<std::string_view> FormatsToCome() { return {"protobuf", "csv", "raw", "debezium"}; }

Result<FormatPtr> OpenFormat(const FormatSettings& settings) {
  for (const Kind& kind : kKinds) {
    if (kind.name == settings.name) return kind.open(settings);
  }
  return Fail(ErrorKind::kInvalidArgument, "there is no format \"{}\"", settings.name);
}

const FormatPtr& DefaultFormat() {
  static const FormatPtr format = OpenFormat({.name = std::string(kKinds[0].name)}).value();
  return format;
}

}  // namespace frazil::decode
