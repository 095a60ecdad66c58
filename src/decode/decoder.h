// Payload bytes to Arrow columns, a whole batch at a time.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "decode/bad_record.h"
#include "decode/epoch_unit.h"
#include "decode/refused_columns.h"
#include "iceberg/column_names.h"
#include "iceberg/schema.h"
#include "iceberg/schema_update.h"
#include "record/record_batch.h"

namespace frazil::decode {

// Columns made from the Kafka record itself: _kafka_topic string, _kafka_partition int, _kafka_offset long,
// _kafka_timestamp timestamptz, _kafka_key binary, _kafka_headers map<string, binary>.
enum class MetadataColumn { kTopic, kPartition, kOffset, kTimestamp, kKey, kHeaders };

// Ids are not set: the table's creation or AddColumns gives them.
iceberg::Field MetadataField(MetadataColumn column);
Result<MetadataColumn> ParseMetadataColumn(const std::string& name);  // "offset", …

struct DecoderOptions {
  bool add_columns = true;  // schema_evolution; false: an unknown field makes its record bad
  bool infer_time = false;  // ISO strings of new columns become date, timestamp, timestamptz
  std::vector<MetadataColumn> metadata;
  // A record that would bring the table above so many plain columns (iceberg::PlainColumns) is bad. Elasticsearch stops
  // at the same number; readers and writers hold something for each column of each file.
  int64_t max_columns = 1000;
  // New columns have no more lists within each other: with each, DuckDB takes twice as long to open the table.
  int max_nested_lists = 16;
  EpochUnit time_unit = EpochUnit::kMillis;  // of integers in timestamp columns
};

// The table that records are held against.
struct DecoderTable {
  // NOLINTNEXTLINE(google-explicit-constructor): most tests have no more than a schema.
  DecoderTable(iceberg::SchemaPtr its_schema, std::vector<iceberg::PartitionSpecPtr> its_specs = {})
      : schema(std::move(its_schema)), specs(std::move(its_specs)) {}

  iceberg::SchemaPtr schema;
  std::vector<iceberg::PartitionSpecPtr> specs;  // all of them: their fields' names are taken
};

struct Decoded {
  // Rows in offset order. Null when `new_columns` is not empty.
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<BadRecord> bad;  // not among the rows
  int64_t tombstones = 0;      // null values: no row in append mode
  // What users should know of values that became rows all the same; the same words for the same column.
  std::vector<std::string> remarks;
  // Columns the schema lacks, with the types their first values ask for, from good records only. The caller adds them
  // to the table and decodes the same batch again with the grown schema.
  std::vector<iceberg::ColumnAddition> new_columns;
  // Of `new_columns`, those that the first record with unknown fields wants; empty if only metadata columns are
  // missing.
  std::vector<iceberg::ColumnAddition> first_growth;
};

// One per lane: not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // The result does not depend on how records fell into batches.
  virtual Result<Decoded> Decode(const record::RecordBatch& batch) = 0;
};

// JSON objects, one per record. Fields are matched by column name. A record that wants columns which the table as a
// whole cannot have (iceberg::ColumnNames) is bad, and so is one that wants what `refused` has; that must outlive the
// decoder.
Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecoderTable& table, const DecoderOptions& options,
                                                 const RefusedColumns* refused = nullptr);

// Types for a new table from a sample: columns in the order they are first seen. `declared` columns (config schema:)
// come first and are kept as they are. Integers and fractions mixed give double; null, [] and {} make no column.
// Records that are no JSON objects are passed over, and so is one that would take the table above a limit, or that
// wants a column which it cannot have beside the others and the names in `names`: those of the partition fields it is
// to have. Ids are not set.
Result<std::vector<iceberg::Field>> InferJsonSchema(const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options, iceberg::ColumnNames names = {});

}  // namespace frazil::decode
