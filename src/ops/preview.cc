#include "ops/preview.h"

#include <arrow/api.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/time/clock.h"
#include "iceberg/schema_update.h"
#include "iceberg/table_update.h"
#include "ingest/partition_fanout.h"
#include "ingest/table_fit.h"
#include "ingest/table_setup.h"

namespace frazil::ops {
namespace {

constexpr size_t kBadShown = 5;
// A column comes with the first record that has it; more rounds for one batch would be no end.
constexpr int kMostSchemaRounds = 1000;

// Decodes the sample against a table that grows as a run's would.
class Rehearsal {
 public:
  Rehearsal(const ingest::SinkOptions& options, Preview& preview) : options_(options), preview_(preview) {}

  Status Play(const record::RecordBatch& batch) {
    preview_.sampled += static_cast<int64_t>(batch.records.size());
    for (const record::RecordView& record : batch.records) {
      preview_.bytes += static_cast<int64_t>(record.key.size() + record.value.size());
    }
    FRAZIL_ASSIGN_OR_RETURN(const decode::Decoded decoded, Decode(batch));
    for (const decode::BadRecord& bad : decoded.bad) {
      if (++preview_.bad_records <= static_cast<int64_t>(kBadShown)) {
        preview_.bad.push_back(Describe(bad, batch.source));
      }
    }
    for (const std::string& remark : decoded.remarks) {
      if (std::find(preview_.remarks.begin(), preview_.remarks.end(), remark) == preview_.remarks.end()) {
        preview_.remarks.push_back(remark);
      }
    }
    preview_.rows += decoded.rows->num_rows();
    FRAZIL_RETURN_IF_ERROR(Count(decoded.rows));
    return TakeEvidence(*decoded.rows);
  }

  void Finish() {
    for (const iceberg::Field& field : preview_.table->schema()->fields()) {
      const auto seen = evidence_.find(field.name);
      preview_.evidence.push_back(seen == evidence_.end() ? ColumnEvidence{field.name, 0, ""} : seen->second);
    }
  }

 private:
  iceberg::TableMetadata& table() { return *preview_.table; }

  Result<decode::Decoded> Decode(const record::RecordBatch& batch) {
    for (int round = 0; round < kMostSchemaRounds; ++round) {
      FRAZIL_ASSIGN_OR_RETURN(const auto decoder, options_.format->MakeDecoder(
                                                      {table().schema(), table().partition_specs}, options_.decoder));
      FRAZIL_ASSIGN_OR_RETURN(decode::Decoded decoded, decoder->Decode(batch));
      if (decoded.growth.empty()) return decoded;
      if (preview_.table_exists) {
        for (std::string& what : ingest::Describe(decoded.growth, *table().schema())) {
          preview_.changes.push_back(std::move(what));
        }
      }
      FRAZIL_ASSIGN_OR_RETURN(const auto updates, iceberg::ChangeSchema(table(), decoded.growth));
      FRAZIL_ASSIGN_OR_RETURN(table(), iceberg::ApplyUpdates(table(), "", updates, Clock::System().NowMillis()));
    }
    return Fail(ErrorKind::kInternal, "the schema was grown {} times for one batch", kMostSchemaRounds);
  }

  Status Count(const std::shared_ptr<arrow::RecordBatch>& rows) {
    const iceberg::SchemaPtr schema = table().schema();
    const iceberg::PartitionSpecPtr spec = table().spec();
    FRAZIL_ASSIGN_OR_RETURN(const auto fanout, ingest::PartitionFanout::Make(*schema, *spec));
    FRAZIL_ASSIGN_OR_RETURN(const auto parts, fanout.Split(rows));
    for (const auto& part : parts) {
      const std::string path = spec->PartitionPath(*schema, part.partition);
      const auto seen = std::find_if(preview_.partitions.begin(), preview_.partitions.end(),
                                     [&](const PartitionSeen& other) { return other.path == path; });
      if (seen == preview_.partitions.end()) {
        preview_.partitions.push_back({path, part.rows->num_rows()});
      } else {
        seen->rows += part.rows->num_rows();
      }
    }
    return {};
  }

  Status TakeEvidence(const arrow::RecordBatch& rows) {
    for (int i = 0; i < rows.num_columns(); ++i) {
      const arrow::Array& column = *rows.column(i);
      ColumnEvidence& evidence = evidence_[rows.schema()->field(i)->name()];
      evidence.column = rows.schema()->field(i)->name();
      evidence.rows += column.length() - column.null_count();
      for (int64_t row = 0; evidence.example.empty() && row < column.length(); ++row) {
        if (column.IsNull(row)) continue;
        const auto value = column.GetScalar(row);
        if (!value.ok()) return Fail(ErrorKind::kInternal, "a value cannot be shown: {}", value.status().ToString());
        evidence.example = (*value)->ToString();
      }
    }
    return {};
  }

  const ingest::SinkOptions& options_;
  Preview& preview_;
  std::map<std::string, ColumnEvidence> evidence_;
};

}  // namespace

Result<Preview> PreviewTable(const ingest::SinkOptions& options, const iceberg::TableMetadata* existing,
                             const std::vector<record::RecordBatch>& sample) {
  Preview preview;
  preview.table_exists = existing != nullptr;
  if (existing != nullptr) {
    FRAZIL_ASSIGN_OR_RETURN(auto fit, ingest::FitTable(*existing, options));
    preview.changes = ingest::Describe(fit);
    preview.table = std::move(fit.after);
  } else {
    FRAZIL_ASSIGN_OR_RETURN(const auto table, ingest::DescribeNewTable(options, sample));
    if (!table) return preview;
    FRAZIL_ASSIGN_OR_RETURN(preview.table, iceberg::MakeTableMetadata(*table, Clock::System().NowMillis()));
  }
  Rehearsal rehearsal(options, preview);
  for (const record::RecordBatch& batch : sample) FRAZIL_RETURN_IF_ERROR(rehearsal.Play(batch));
  rehearsal.Finish();
  return preview;
}

}  // namespace frazil::ops
