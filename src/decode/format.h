// The formats that payloads may have. Outside of this room none is known by name.
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

// A format with its settings. Thread-safe.
class Format {
 public:
  virtual ~Format() = default;

  virtual std::string_view name() const = 0;  // as `format:` says it
  // What a record must be for a column to be told from it: "a JSON object with a value to tell a column from".
  virtual std::string_view telling_record() const = 0;

  // For one lane. A record that wants columns which the table as a whole cannot have (iceberg::ColumnNames) is bad, and
  // so is one that wants what `refused` has; that must outlive the decoder.
  virtual Result<std::unique_ptr<Decoder>> MakeDecoder(const DecoderTable& table, const DecoderOptions& options,
                                                       const RefusedColumns* refused = nullptr) const = 0;
  // The columns of a new table: `declared` ones (config schema:) come first and are kept as they are, then what a
  // sample of records tells. Records that could not be rows are passed over, and so is one that would take the table
  // above a limit, or that wants a column which it cannot have beside the others and the names in `names`: those of the
  // partition fields it is to have. Ids are not set. kInvalidArgument where the declared columns cannot stand together.
  virtual Result<std::vector<iceberg::Field>> InferSchema(const std::vector<record::RecordBatch>& sample,
                                                          const std::vector<iceberg::Field>& declared,
                                                          const DecoderOptions& options,
                                                          iceberg::ColumnNames names = {}) const = 0;
  // That it asks for schemas; null: it needs none.
  virtual SchemaRegistry* registry() const { return nullptr; }
};
using FormatPtr = std::shared_ptr<const Format>;

// What the configuration says of a format.
struct FormatSettings {
  std::string name;                                    // one of FormatNames
  std::string schema_file = {};                        // of the schema of all payloads; empty: none
  std::optional<SchemaRegistryOptions> registry = {};  // of the schemas that payloads name
};

std::vector<std::string_view> FormatNames();
// Names that users may expect, of formats that are not built yet.
std::vector<std::string_view> FormatsToCome();
// kInvalidArgument says what of the settings is wrong or missing.
Result<FormatPtr> OpenFormat(const FormatSettings& settings);
// Of sources that name none.
const FormatPtr& DefaultFormat();

}  // namespace frazil::decode
