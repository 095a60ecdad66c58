// The formats of payloads. No other room knows a format by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "decode/decoder.h"
#include "decode/schema_registry.h"

namespace frazil::decode {

// A payload format with its settings. Thread-safe.
class Format {
 public:
  virtual ~Format() = default;

  virtual std::string_view name() const = 0;  // the value of `format:`
  // What a record must be so that a column can be derived from it, for messages: "a JSON object with a value to tell a
  // column from".
  virtual std::string_view telling_record() const = 0;

  // Makes a decoder for one lane. A record is bad if it needs columns that the table cannot have
  // (iceberg::ColumnNames), or columns in `refused`, which must outlive the decoder.
  virtual Result<std::unique_ptr<Decoder>> MakeDecoder(const DecoderTable& table, const DecoderOptions& options,
                                                       const RefusedColumns* refused = nullptr) const = 0;
  // The columns of a new table: first `declared` (config `schema:`), unchanged, then those that a sample of records
  // needs. Ids are not set. Records are skipped if they could not become rows, would exceed a limit, or need a column
  // that is not allowed beside the others and `names` (the names of the partition fields). kInvalidArgument if the
  // declared columns are not allowed together.
  virtual Result<std::vector<iceberg::Field>> InferSchema(const std::vector<record::RecordBatch>& sample,
                                                          const std::vector<iceberg::Field>& declared,
                                                          const DecoderOptions& options,
                                                          iceberg::ColumnNames names = {}) const = 0;
  // The registry that the format asks for schemas; null if it needs none.
  virtual SchemaRegistry* registry() const { return nullptr; }
};
using FormatPtr = std::shared_ptr<const Format>;

// The settings of a format in the configuration.
struct FormatSettings {
  std::string name;                                    // one of FormatNames
  std::string schema_file = {};                        // the file with the schema of all payloads; empty: none
  std::optional<SchemaRegistryOptions> registry = {};  // the registry of the schemas that payloads name
};

std::vector<std::string_view> FormatNames();
// Names of formats that users may expect but that are not built yet.
std::vector<std::string_view> FormatsToCome();
// kInvalidArgument if a setting is wrong or missing; the message says which.
Result<FormatPtr> OpenFormat(const FormatSettings& settings);
// The format of sources that name none: JSON.
const FormatPtr& DefaultFormat();

}  // namespace frazil::decode
