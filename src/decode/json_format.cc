#include "decode/json_format.h"

#include <utility>

namespace frazil::decode {
namespace {

class JsonFormat final : public Format {
 public:
  std::string_view name() const override { return "json"; }
  std::string_view telling_record() const override { return "a JSON object with a value to tell a column from"; }

  Result<std::unique_ptr<Decoder>> MakeDecoder(const DecoderTable& table, const DecoderOptions& options,
                                               const RefusedColumns* refused) const override {
    return MakeJsonDecoder(table, options, refused);
  }
  Result<std::vector<iceberg::Field>> InferSchema(const std::vector<record::RecordBatch>& sample,
                                                  const std::vector<iceberg::Field>& declared,
                                                  const DecoderOptions& options,
                                                  iceberg::ColumnNames names) const override {
    return InferJsonSchema(sample, declared, options, std::move(names));
  }
};

}  // namespace

Result<FormatPtr> OpenJsonFormat(const FormatSettings& settings) {
  if (settings.registry || !settings.schema_file.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "json payloads name their fields themselves: take out schema_registry and schema_file, or say format: "
                "avro");
  }
  return std::make_shared<JsonFormat>();
}

}  // namespace frazil::decode
