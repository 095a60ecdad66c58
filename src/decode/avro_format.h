// Avro: a record's fields are columns by name. docs/avro.md has what becomes of each value.
#pragma once

#include "common/result.h"
#include "decode/avro_reader.h"
#include "decode/format.h"

namespace frazil::decode {

// Payloads come with the id of their schema before them, where `settings` name a registry, or are all of the one schema
// in a file.
Result<FormatPtr> OpenAvroFormat(const FormatSettings& settings);

FormatPtr MakeAvroFormat(AvroSchemas schemas);

}  // namespace frazil::decode
