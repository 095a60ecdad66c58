// Derives the columns of a new table from the schemas of Avro payloads.
#pragma once

#include <vector>

#include "common/result.h"
#include "decode/avro_reader.h"
#include "decode/decoder.h"

namespace frazil::decode {

// As Format::InferSchema. With a registry, it uses the schemas that the sample names. Columns are in the order of the
// writer's fields, and of the schemas as they occur. A schema that needs columns which the table cannot have is
// skipped.
Result<std::vector<iceberg::Field>> InferAvroSchema(const AvroSchemas& schemas,
                                                    const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options, iceberg::ColumnNames names);

}  // namespace frazil::decode
