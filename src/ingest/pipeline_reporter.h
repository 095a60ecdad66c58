// Reports on a pipeline: metrics, log, progress line, and the report of its run.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/metrics.h"
#include "ingest/coordinator.h"
#include "ingest/options.h"
#include "table/history_growth.h"
#include "table/table.h"

namespace frazil::ingest {

struct PipelineReport {
  int64_t rows = 0;
  int64_t skipped = 0;
  int64_t errors = 0;  // written to the errors table
  int64_t commits = 0;
  int64_t files = 0;
  int64_t bytes = 0;  // size of the data files
};

// Not thread-safe: used on the coordinator's thread.
class PipelineReporter final : public CoordinatorObserver {
 public:
  // All references must outlive this object.
  PipelineReporter(const PipelineOptions& options, metrics::Pipeline& metrics);

  const PipelineReport& report() const { return report_; }
  // Call it before the first commit.
  void SetTable(const table::Table& table) { table_ = &table; }

  void OnCommitted(const FinishedCommit& commit) override;
  void OnFenced(const Error& why, const std::vector<record::OffsetRange>& refused) override;
  void OnLost(const source::TopicPartition& partition, const LostRecords& lost) override;
  void OnRound(std::optional<int64_t> lag) override;

 private:
  const PipelineOptions& options_;
  metrics::Pipeline& metrics_;
  const table::Table* table_ = nullptr;
  table::HistoryWatch history_;
  PipelineReport report_;
  std::chrono::steady_clock::time_point logged_at_ = std::chrono::steady_clock::now();
  int64_t logged_rows_ = 0;
};

}  // namespace frazil::ingest
