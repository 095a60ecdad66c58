// Avro payloads for PayloadDecoder: finds the schema of each, and how it comes into the columns.
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

// Where the schemas of payloads are.
struct AvroSchemas {
  avro::SchemaPtr only;                      // of all payloads, which come without a frame; else
  std::shared_ptr<SchemaRegistry> registry;  // of the ids before them
};

// As PayloadDecoder's Reader. Not thread-safe.
class AvroReader {
 public:
  AvroReader(const DecoderOptions& options, std::vector<std::string> reserved, AvroSchemas schemas);

  // Asks the registry for the schemas that the batch names and that are not known yet.
  Status Prepare(const record::RecordBatch& batch);
  PayloadOutcome Append(std::string_view value, Column& root);
  bool Grow(std::string_view value, Column& root, std::vector<Column*>& added);
  const std::string& reason() const { return reason_; }
  void Forget();
  static std::string AboutTimes(EpochUnit /*unit*/) { return {}; }

 private:
  // One writer's schema, and the plan for the columns in hand.
  struct Writer {
    avro::SchemaPtr schema;  // null: `why`
    std::string why;
    bool planned = false;
    AvroPlan plan;
    std::string refused;  // with `planned`: no record of it can be a row, and why
  };

  // Of the payload, whose frame is taken off it. Null, with reason_, if it has none.
  Writer* WriterOf(std::string_view& value);
  void Plan(Writer& writer, Column& root);
  bool GrowStruct(const avro::Node& record, Column& into, std::vector<Column*>& added);
  bool GrowInto(const avro::Node& node, Column& into, std::vector<Column*>& added);

  const AvroSchemas schemas_;
  const bool add_columns_;
  const std::vector<std::string> reserved_;
  std::unordered_map<uint32_t, std::unique_ptr<Writer>> writers_;  // by schema id; 0 for the only one
  uint32_t last_id_ = 0;
  Writer* last_ = nullptr;  // of last_id_
  AvroRows rows_;
  std::string reason_;
};

}  // namespace frazil::decode
