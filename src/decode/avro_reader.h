// The Avro reader of PayloadDecoder: finds the schema of each payload, and its plan.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "avro/schema.h"
#include "common/result.h"
#include "decode/avro_plan.h"
#include "decode/avro_rows.h"
#include "decode/column.h"
#include "decode/decoder.h"
#include "decode/payload_outcome.h"
#include "decode/schema_registry.h"
#include "record/record_batch.h"

namespace frazil::decode {

// Where the schemas of payloads come from.
struct AvroSchemas {
  avro::SchemaPtr only;                      // the schema of all payloads, which have no frame; or null, and
  std::shared_ptr<SchemaRegistry> registry;  // the registry of the schema ids in front of payloads
};

// A Reader as PayloadDecoder describes it. Not thread-safe.
class AvroReader {
 public:
  AvroReader(const DecoderOptions& options, std::vector<std::string> reserved, AvroSchemas schemas);

  // Asks the registry for schemas that the batch names and that are unknown so far.
  Status Prepare(const record::RecordBatch& batch);
  PayloadOutcome Append(std::string_view value, Column& root);
  bool Grow(std::string_view value, Column& root, ColumnGrowth& growth);
  const std::string& reason() const { return reason_; }
  void Forget();
  void Tell(Decoded& decoded) const { decoded.fields = counts_; }
  static std::string AboutTimes(EpochUnit /*unit*/) { return {}; }

 private:
  // One writer's schema, and its plan for the current columns.
  struct Writer {
    avro::SchemaPtr schema;  // null if there is none; `why` says why
    std::string why;
    bool planned = false;
    AvroPlan plan;
    std::string refused;  // if `planned`: the reason why no record with this schema can be a row
  };

  // The writer of a payload; removes the frame from `value`. Null if the frame is missing; reason_ is set then.
  Writer* WriterOf(std::string_view& value);
  void Plan(Writer& writer, Column& root);
  bool GrowStruct(const avro::Node& record, Column& into, std::vector<Column*>& added);
  bool GrowInto(const avro::Node& node, Column& into, std::vector<Column*>& added);

  const AvroSchemas schemas_;
  const bool add_columns_;
  const OnUnknownField on_unknown_field_;
  FieldCounts counts_;  // since Prepare
  const std::vector<std::string> reserved_;
  std::unordered_map<uint32_t, std::unique_ptr<Writer>> writers_;  // by schema id; 0 for the only schema
  uint32_t last_id_ = 0;
  Writer* last_ = nullptr;  // the writer of last_id_
  AvroRows rows_;
  bool wishes_ = false;  // rows_ ended the last Append with a wish
  std::string reason_;
};

}  // namespace frazil::decode
