#include "ops/replay_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/metrics.h"
#include "common/time/clock.h"
#include "ingest/bad_record_policy.h"
#include "ingest/committer_setup.h"
#include "ingest/errors_outbox.h"
#include "ingest/file_names.h"
#include "ingest/lane_worker.h"
#include "ingest/lanes.h"
#include "ingest/micro_batch.h"
#include "ingest/table_setup.h"
#include "ops/error_marks.h"
#include "ops/offset_census.h"
#include "table/offset_notes.h"
#include "table/offset_store.h"

namespace frazil::ops {
namespace {

using record::TopicPartition;

constexpr int64_t kRoundBytes = 32 << 20;  // of records, for one commit

// Collects records that are still bad. They stay in the errors table.
class StaysBad : public ingest::BadRecordPolicy {
 public:
  Status Judge(const record::RecordBatch& batch, std::vector<decode::BadRecord> bad, ingest::MicroBatch& /*into*/,
               record::OffsetCounts& counts) override {
    counts.errors += static_cast<int64_t>(bad.size());
    for (auto& one : bad) reasons[batch.source].emplace(one.offset, std::move(one.reason));
    return {};
  }

  std::map<TopicPartition, std::map<int64_t, std::string>> reasons;  // by offset
};

// A row of an errors table does not tell which pipeline wrote it.
Status RefuseSeveralFeeders(const catalog::LoadedTable& table, const catalog::TableIdent& ident) {
  FRAZIL_ASSIGN_OR_RETURN(auto states, table::StoredStates(*table.metadata, *table.io));
  table::EraseOutlived(states);
  std::map<std::string, std::string> feeders;  // by topic
  for (const auto& stored : states) {
    const auto& [topic, first] = *feeders.try_emplace(stored.state.topic, stored.state.pipeline).first;
    if (first == stored.state.pipeline) continue;
    return Fail(
        ErrorKind::kInvalidArgument,
        "table {} is fed from topic '{}' by pipelines '{}' and '{}': of a row of {} nothing tells which of them "
        "it is of",
        ident.ToString(), topic, first, stored.state.pipeline, ingest::ErrorsTable(ident).ToString());
  }
  return {};
}

class RealParts final : public ReplayParts {
 public:
  RealParts(std::shared_ptr<catalog::Catalog> catalog, const ingest::PipelineOptions& options)
      : catalog_(std::move(catalog)), options_(options), metrics_(options.name, options.sink.table.ToString()) {}

  // Opens the main table with the pipeline's own committer. Pending bad records become rows of the errors table first.
  Status OpenMain(source::Source& source) {
    const catalog::TableIdent& ident = options_.sink.table;
    FRAZIL_ASSIGN_OR_RETURN(const auto loaded, catalog_->LoadTable(ident));
    FRAZIL_RETURN_IF_ERROR(RefuseSeveralFeeders(loaded, ident));
    // Columns that the configuration declares now must exist before records are tried.
    FRAZIL_ASSIGN_OR_RETURN(main_, ingest::SetUpTable(catalog_, options_.sink, source));
    FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source.Streams());
    FRAZIL_ASSIGN_OR_RETURN(committer_, ingest::OpenCommitter(main_, options_, source, partitions));
    FRAZIL_ASSIGN_OR_RETURN(memory_, options_.plan_memory(0));
    budget_.SetLimit(memory_.held);
    ingest::ErrorsOutbox outbox(catalog_, *committer_, options_.sink, budget_, names_, memory_);
    return outbox.Apply();
  }

  // Returns false if there is no errors table.
  Result<bool> OpenErrors() {
    const catalog::TableIdent ident = ingest::ErrorsTable(options_.sink.table);
    auto loaded = catalog_->LoadTable(ident);
    if (!loaded && loaded.error().kind == ErrorKind::kNotFound) return false;
    if (!loaded) return tl::unexpected<Error>(loaded.error());
    table::CommitterOptions committing;
    committing.pipeline = options_.name;
    committing.exactly_once = false;  // marks move no offsets
    errors_ = std::make_unique<table::Committer>(std::make_shared<table::Table>(catalog_, ident, *std::move(loaded)),
                                                 std::move(committing));
    parquet::DataFileOptions files;
    files.compression = options_.sink.compression;
    files.row_group_bytes = memory_.row_group / 2;  // as of any file (TablePartition)
    marks_ = std::make_unique<ErrorMarks>(*errors_, names_, std::move(files));
    FRAZIL_RETURN_IF_ERROR(marks_->AddColumns());
    return true;
  }

  table::Committer& committer() { return *committer_; }

  Status Visit(const VisitError& visit) override {
    FRAZIL_ASSIGN_OR_RETURN(const auto table, errors_->table()->Reload(table::Table::History::kHeads));
    return VisitErrors(table, visit);
  }

  Result<std::vector<record::RecordBatch>> Read(const WantError& want) override {
    FRAZIL_ASSIGN_OR_RETURN(const auto table, errors_->table()->Reload(table::Table::History::kHeads));
    return ReadErrors(table, kRoundBytes, want);
  }

  Result<ingest::FoundOffsets> RowsBelow(const catalog::LoadedTable& main, const TopicPartition& source,
                                         int64_t next) override {
    const auto columns = FindPositionColumns(*main.metadata->schema());
    const bool one_topic = committer_->states().size() == 1;
    if (!columns || (!columns->topic && !one_topic)) return ingest::FoundOffsets{{}, /*complete=*/false};
    return ingest::FindOffsets(main, *columns, source, 0, next);
  }

  Result<Rows> Make(std::vector<record::RecordBatch> batches) override {
    Rows rows;
    StaysBad stays;
    const auto into = std::make_shared<ingest::MicroBatch>(
        ingest::DataFileContext{main_, options_.sink, budget_, names_, options_.name, memory_.row_group,
                                table::kFooterReplayed},
        lanes_);
    ingest::LaneWorker worker(main_, options_.sink, stays, metrics_);
    for (record::RecordBatch& batch : batches) {
      const TopicPartition source = batch.source;
      std::erase_if(batch.records, [&](const record::RecordView& record) {
        const bool has_none = record.value.data() == nullptr;
        if (has_none)
          stays.reasons[source].emplace(record.offset,
                                        "its value is only in the topic, since it was too long when it was read");
        return has_none;
      });
      std::vector<int64_t> offsets;
      for (const auto& record : batch.records) offsets.push_back(record.offset);
      const auto bytes = static_cast<int64_t>(batch.byte_count);
      into->Expect();
      worker.Process({std::move(batch), {budget_, bytes}, {}}, *into);
      const auto& bad = stays.reasons[source];
      for (const int64_t offset : offsets) {
        if (!bad.contains(offset)) rows.offsets.Add({source, offset, offset + 1, 1});
      }
    }
    FRAZIL_ASSIGN_OR_RETURN(ingest::HandContents contents, into->Finish());
    rows.files = std::move(contents.files);
    rows.decided = std::move(contents.decided);
    rows.still_bad = std::move(stays.reasons);
    return rows;
  }

  Result<int64_t> Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot) override {
    return marks_->Mark(replayed, snapshot, Clock::System().NowMillis());
  }

 private:
  const std::shared_ptr<catalog::Catalog> catalog_;
  const ingest::PipelineOptions& options_;
  metrics::Pipeline metrics_;
  ingest::MemoryPlan memory_;
  MemoryBudget budget_;
  ingest::FileNames names_;
  ingest::Lanes lanes_{1};
  std::shared_ptr<table::Table> main_;
  std::unique_ptr<table::Committer> committer_;
  std::unique_ptr<table::Committer> errors_;
  std::unique_ptr<ErrorMarks> marks_;
};

}  // namespace

Result<ReplayReport> ReplayErrors(const std::shared_ptr<catalog::Catalog>& catalog,
                                  const ingest::PipelineOptions& options, source::Source& source) {
  if (options.sink.delivery == ingest::Delivery::kAtLeastOnce) {
    return Fail(ErrorKind::kInvalidArgument, "pipeline '{}' delivers at least once: it has no errors table",
                options.name);
  }
  const std::string where = fmt::format("errors table {}", ingest::ErrorsTable(options.sink.table).ToString());
  RealParts parts(catalog, options);
  FRAZIL_RETURN_IF_ERROR(parts.OpenMain(source));
  const auto any = parts.OpenErrors();
  if (!any) return Wrap(any.error(), where);
  if (!*any) return ReplayReport();
  auto report = Replay(parts.committer(), parts);
  if (!report) return Wrap(report.error(), where);
  return report;
}

}  // namespace frazil::ops
