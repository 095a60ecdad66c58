// The JSON format: a record is an object whose fields become columns by name. docs/json.md says what becomes of each
// value.
#pragma once

#include <memory>
#include <vector>

#include "common/result.h"
#include "decode/format.h"

namespace frazil::decode {

Result<FormatPtr> OpenJsonFormat(const FormatSettings& settings);

// As Format::MakeDecoder.
Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecoderTable& table, const DecoderOptions& options,
                                                 const RefusedColumns* refused = nullptr);

// As Format::InferSchema. Columns are in the order in which they are first seen. Integers mixed with fractions give
// double. null, [] and {} give no column.
Result<std::vector<iceberg::Field>> InferJsonSchema(const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options, iceberg::ColumnNames names = {});

}  // namespace frazil::decode
