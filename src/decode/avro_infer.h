// Types of a new table's columns from the schemas of Avro payloads.
#pragma once

#include <vector>

#include "common/result.h"
#include "decode/avro_reader.h"
#include "decode/decoder.h"

namespace frazil::decode {

// As Format::InferSchema. Of a registry, the schemas that the sample names; columns in the order of the writer's
// fields, of schemas as they come. One that wants what the table cannot have is passed over.
Result<std::vector<iceberg::Field>> InferAvroSchema(const AvroSchemas& schemas,
                                                    const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options, iceberg::ColumnNames names);

}  // namespace frazil::decode
