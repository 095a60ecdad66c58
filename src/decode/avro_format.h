// The Avro format: the fields of a record become columns by name. docs/avro.md says what becomes of each value.
#pragma once

#include "common/result.h"
#include "decode/avro_reader.h"
#include "decode/format.h"

namespace frazil::decode {

// Opens the format. If `settings` name a registry, each payload begins with the id of its schema. Otherwise all
// payloads have the schema in a file.
Result<FormatPtr> OpenAvroFormat(const FormatSettings& settings);

FormatPtr MakeAvroFormat(AvroSchemas schemas);

}  // namespace frazil::decode
