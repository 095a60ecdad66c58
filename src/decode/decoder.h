// Decodes payloads into Arrow columns, a whole batch at a time.
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

// Columns that are filled from the Kafka record itself: _kafka_topic string, _kafka_partition int, _kafka_offset long,
// _kafka_timestamp timestamptz, _kafka_key binary, _kafka_headers map<string, binary>.
enum class MetadataColumn { kTopic, kPartition, kOffset, kTimestamp, kKey, kHeaders };

// The field of the column. Ids are not set: creating the table, or AddColumns, assigns them.
iceberg::Field MetadataField(MetadataColumn column);
Result<MetadataColumn> ParseMetadataColumn(const std::string& name);  // "offset", …

struct DecoderOptions {
  bool add_columns = true;  // schema_evolution; false: an unknown field makes its record bad
  bool infer_time = false;  // ISO strings of new columns become date, timestamp, timestamptz
  std::vector<MetadataColumn> metadata;
  // A record that would give the table more leaf columns than this (iceberg::PlainColumns) is bad. Elasticsearch has
  // the same limit. Readers and writers need some memory for each column of each file.
  int64_t max_columns = 1000;
  // New columns have at most this many nested lists: with each level, DuckDB takes twice as long to open the table.
  int max_nested_lists = 16;
  EpochUnit time_unit = EpochUnit::kMillis;  // the unit of integers in timestamp columns
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
  // Rows in offset order. Null when `new_columns` is not empty.
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<Operation> operations;  // one for each row; empty if all are inserts
  std::vector<BadRecord> bad;         // these records are not among the rows
  int64_t tombstones = 0;             // null values, which become no rows in append mode
  // Remarks for users about values that became rows in spite of a problem. The same problem of a column always has the
  // same words.
  std::vector<std::string> remarks;
  // Columns that good records need and the schema lacks, with the types of their first values. The caller adds them to
  // the table and decodes the same batch again with the new schema.
  std::vector<iceberg::ColumnAddition> new_columns;
  // Those of `new_columns` that the first record with unknown fields needs. Empty if only metadata columns are missing.
  std::vector<iceberg::ColumnAddition> first_growth;
  int64_t first_growth_offset = -1;  // the offset of that record
};

// One per lane: not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Decodes a batch. What becomes of a record does not depend on how records were divided into batches.
  virtual Result<Decoded> Decode(const record::RecordBatch& batch) = 0;
};

}  // namespace frazil::decode
