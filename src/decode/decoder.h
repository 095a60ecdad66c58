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

// What a row does to the rows of its key.
enum class Operation : uint8_t {
  kInsert,
  kUpdate,  // this is what the row is now
  kDelete,
  kBefore,  // what the row was before the update or delete that follows it
};

struct Decoded {
  // Rows in offset order. Null when `new_columns` is not empty.
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<Operation> operations;  // one a row; empty where all are inserts
  std::vector<BadRecord> bad;         // not among the rows
  int64_t tombstones = 0;             // null values: no row in append mode
  // What users should know of values that became rows all the same; the same words for the same column.
  std::vector<std::string> remarks;
  // Columns the schema lacks, with the types their first values ask for, from good records only. The caller adds them
  // to the table and decodes the same batch again with the grown schema.
  std::vector<iceberg::ColumnAddition> new_columns;
  // Of `new_columns`, those that the first record with unknown fields wants; empty if only metadata columns are
  // missing.
  std::vector<iceberg::ColumnAddition> first_growth;
  int64_t first_growth_offset = -1;  // of that record
};

// One per lane: not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // The result does not depend on how records fell into batches.
  virtual Result<Decoded> Decode(const record::RecordBatch& batch) = 0;
};

}  // namespace frazil::decode
