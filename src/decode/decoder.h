// Decodes payloads into Arrow columns, a whole batch at a time.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "decode/bad_record.h"
#include "decode/epoch_unit.h"
#include "decode/refused_columns.h"
#include "decode/renames.h"
#include "iceberg/column_names.h"
#include "iceberg/schema.h"
#include "iceberg/schema_update.h"
#include "record/record_batch.h"

namespace frazil::decode {

// Columns that are filled from the Kafka record itself: _kafka_topic string, _kafka_partition int, _kafka_offset long,
// _kafka_timestamp timestamptz, _kafka_key binary, _kafka_headers map<string, binary>.
enum class MetadataColumn { kTopic, kPartition, kOffset, kTimestamp, kKey, kHeaders };

// The field of the column. Ids are not set: creating the table, or AddColumns, assigns them.
iceberg::Field MetadataField(MetadataColumn column);
Result<MetadataColumn> ParseMetadataColumn(const std::string& name);  // "offset", …

// What becomes of a field that has no column and says something.
enum class OnUnknownField : uint8_t {
  kEvolve,  // a new column, or a bad record, as schema_evolution says
  kFail,    // its record is bad
  kIgnore,  // it is left out, and counted
  kColumn,  // it goes with others of its record into one column, as JSON text
};

// What becomes of a value that contradicts its column.
enum class OnTypeConflict : uint8_t {
  kBad,     // its record is bad
  kString,  // string columns take it as JSON text; a new column is one where its first values contradict each other
  kColumn,  // it goes into a column beside its own, as JSON text
};
// What a column's name has behind it in the name of the one that takes such values. With OnTypeConflict::kColumn no
// field of a record may be called so, whatever columns there are.
constexpr std::string_view kConflictSuffix = "__conflict";

struct DecoderOptions {
  bool add_columns = true;  // schema_evolution; false: an unknown field makes its record bad
  // schema_evolution: full. Columns also widen, and become optional, where a record needs it. A value is the same
  // whether its column was wide before or not, so that it does not matter when it widened.
  bool full = false;
  std::vector<iceberg::Field> declared;  // `schema:`: these keep their types
  Renames renames;                       // fields that go into columns of other names
  OnUnknownField on_unknown_field = OnUnknownField::kEvolve;
  std::string unknown_fields_column = "_rest";  // with OnUnknownField::kColumn
  OnTypeConflict on_type_conflict = OnTypeConflict::kBad;
  bool infer_time = false;  // ISO strings of new columns become date, timestamp, timestamptz
  std::vector<MetadataColumn> metadata;
  // A record that would give the table more leaf columns than this (iceberg::PlainColumns) is bad. Elasticsearch has
  // the same limit. Readers and writers need some memory for each column of each file.
  int64_t max_columns = 1000;
  // New columns have at most this many nested lists: with each level, DuckDB takes twice as long to open the table.
  int max_nested_lists = 16;
  EpochUnit time_unit = EpochUnit::kMillis;  // the unit of integers in timestamp columns
};

// The columns that are not the payload's: those of `metadata`, then that for unknown fields. Ids are not set.
std::vector<iceberg::Field> FilledFields(const DecoderOptions& options);

// Values of rows that are not where they were sent to.
struct FieldCounts {
  int64_t left_out = 0;  // unknown fields that are nowhere
  int64_t kept = 0;      // unknown fields in the column for them
  int64_t as_text = 0;   // in string columns, though they are no strings
  int64_t beside = 0;    // in the column beside their own
};

// The table by which records are judged.
struct DecoderTable {
  // NOLINTNEXTLINE(google-explicit-constructor): most tests only have a schema.
  DecoderTable(iceberg::SchemaPtr its_schema, std::vector<iceberg::PartitionSpecPtr> its_specs = {})
      : schema(std::move(its_schema)), specs(std::move(its_specs)) {}

  iceberg::SchemaPtr schema;
  std::vector<iceberg::PartitionSpecPtr> specs;  // all specs; the names of their fields are taken
};

// What a row does to the rows with its key.
enum class Operation : uint8_t {
  kInsert,
  kUpdate,  // the new content of the row
  kDelete,
  kBefore,  // the old content of the row, before the update or delete that follows
};

struct Decoded {
  // Rows in offset order. Null when `growth` is not empty.
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<Operation> operations;  // one a row; empty where all are inserts
  std::vector<BadRecord> bad;         // not among the rows
  int64_t tombstones = 0;             // null values: no row in append mode
  FieldCounts fields;
  // What users should know of values that became rows all the same; the same words for the same column.
  std::vector<std::string> remarks;
  // What good records need of the schema: columns that it lacks, with the types that their first values ask for, and
  // others to be wider or optional. The caller changes the table and decodes the same batch again with its schema.
  iceberg::SchemaChange growth;
  // Of that, what the first record that needs something wants; empty if only metadata columns are missing.
  iceberg::SchemaChange first_growth;
  int64_t first_growth_offset = -1;  // of that record
};

// One per lane: not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Decodes a batch. What becomes of a record does not depend on how records were divided into batches.
  virtual Result<Decoded> Decode(const record::RecordBatch& batch) = 0;
};

}  // namespace frazil::decode
