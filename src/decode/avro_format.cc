#include "decode/avro_format.h"

#include <utility>

#include "common/system/thread.h"
#include "decode/avro_infer.h"
#include "decode/avro_reader.h"
#include "decode/payload_decoder.h"
#include "io/whole_file.h"

namespace frazil::decode {
namespace {

constexpr int64_t kLongestSchema = 16 << 20;

class AvroFormat final : public Format {
 public:
  explicit AvroFormat(AvroSchemas schemas) : schemas_(std::move(schemas)) {}

  std::string_view name() const override { return "avro"; }
  std::string_view telling_record() const override { return "of an Avro schema that a column can be told from"; }

  Result<std::unique_ptr<Decoder>> MakeDecoder(const DecoderTable& table, const DecoderOptions& options,
                                               const RefusedColumns* refused) const override {
    if (options.on_unknown_field == OnUnknownField::kColumn || options.on_type_conflict != OnTypeConflict::kBad) {
      return Fail(ErrorKind::kInvalidArgument,
                  "`on_unknown_field: column` and `on_type_conflict:` string and column keep JSON text, which avro "
                  "payloads have not: say ignore, fail, or nothing, and bad");
    }
    FRAZIL_ASSIGN_OR_RETURN(auto layout, MakeLayout(table, options));
    return std::make_unique<PayloadDecoder<AvroReader>>(std::move(layout), options, refused, schemas_);
  }

  Result<std::vector<iceberg::Field>> InferSchema(const std::vector<record::RecordBatch>& sample,
                                                  const std::vector<iceberg::Field>& declared,
                                                  const DecoderOptions& options,
                                                  iceberg::ColumnNames names) const override {
    return OrThrown("looking at a sample of the topic",
                    [&] { return InferAvroSchema(schemas_, sample, declared, options, std::move(names)); });
  }

  SchemaRegistry* registry() const override { return schemas_.registry.get(); }

 private:
  const AvroSchemas schemas_;
};

Result<avro::SchemaPtr> ReadSchema(const std::string& path) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string text, io::ReadWholeFile(path, kLongestSchema));
  FRAZIL_ASSIGN_OR_RETURN(auto schema, avro::Schema::Parse(text));
  if (schema->root().kind != avro::Kind::kRecord) {
    return Fail(ErrorKind::kInvalidArgument, "it is no record but {}: only a record has columns",
                avro::ToString(schema->root().kind));
  }
  return schema;
}

}  // namespace

FormatPtr MakeAvroFormat(AvroSchemas schemas) { return std::make_shared<AvroFormat>(std::move(schemas)); }

Result<FormatPtr> OpenAvroFormat(const FormatSettings& settings) {
  AvroSchemas schemas;
  if (settings.registry && !settings.schema_file.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "the schema of avro payloads comes from schema_registry or from schema_file; keep one of them");
  }
  if (settings.registry) {
    schemas.registry = std::make_shared<SchemaRegistry>(*settings.registry);
  } else if (!settings.schema_file.empty()) {
    auto schema = ReadSchema(settings.schema_file);
    if (!schema) {
      return Fail(ErrorKind::kInvalidArgument, "schema_file {}: {}", settings.schema_file, schema.error().message);
    }
    schemas.only = *std::move(schema);
  } else {
    return Fail(ErrorKind::kInvalidArgument,
                "avro needs the writer's schema: say schema_registry: {{url: …}}, or schema_file: a file with the one "
                "schema of all payloads");
  }
  return MakeAvroFormat(std::move(schemas));
}

}  // namespace frazil::decode
