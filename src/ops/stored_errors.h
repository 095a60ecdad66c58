// The rows of an errors table (decode/error_rows.h), as the records that they were.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/schema.h"
#include "record/record_batch.h"

namespace frazil::ops {

// Columns that the first replay adds: when a row became one of the main table, and by which of its snapshots.
constexpr std::string_view kReplayedAt = "replayed_at";              // timestamptz
constexpr std::string_view kReplayedSnapshot = "replayed_snapshot";  // long; null where it had expired

struct StoredError {
  record::TopicPartition source;
  int64_t offset = 0;
  bool marked = false;
  std::optional<int64_t> marked_snapshot;
};

// The data files of the table's main branch. kUnsupported where delete files take rows out: rows that are gone must not
// come back by a rewrite.
Result<std::vector<iceberg::DataFile>> FilesOfErrors(const catalog::LoadedTable& table);

// The same, where they are, of one file; and of all. Rows that lack topic, partition or offset are passed over, and so
// are those of files without these columns.
using VisitError = std::function<void(const StoredError& error)>;
Status VisitErrors(const catalog::LoadedTable& table, const std::string& path, const VisitError& visit);
Status VisitErrors(const catalog::LoadedTable& table, const VisitError& visit);

// kInvalidArgument names a column that the table lacks or has as another type, the two above among them.
Status CheckMarkedSchema(const iceberg::Schema& schema);

// The records of those rows that are wanted, one batch for each Kafka partition, in order; offsets between them are
// gaps. Once about `most_bytes` are there, no more rows are looked at. The same rows are passed over.
using WantError = std::function<bool(const StoredError& error)>;
Result<std::vector<record::RecordBatch>> ReadErrors(const catalog::LoadedTable& table, int64_t most_bytes,
                                                    const WantError& want);

}  // namespace frazil::ops
