#include "common/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace frazil::metrics {
namespace {

using Labels = std::map<std::string, std::string>;

// Never destroyed: threads may still count while the process ends.
prometheus::Registry& Registry() {
  static auto* registry = new prometheus::Registry(prometheus::Registry::InsertBehavior::Merge);
  return *registry;
}

prometheus::Counter& CounterOf(const char* name, const char* help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(Registry()).Add(labels);
}
prometheus::Gauge& GaugeOf(const char* name, const char* help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(Registry()).Add(labels);
}
prometheus::Histogram& HistogramOf(const char* name, const char* help, const Labels& labels,
                                   const prometheus::Histogram::BucketBoundaries& boundaries) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(Registry()).Add(labels, boundaries);
}

Labels LabelsOf(const std::string& pipeline, const std::string& table) {
  return {{"pipeline", pipeline}, {"table", table}};
}

// A local commit takes milliseconds, one over a slow catalog with retries a minute.
const prometheus::Histogram::BucketBoundaries kSeconds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
                                                          2.5,  5,     10,   30,  60,   120};
const prometheus::Histogram::BucketBoundaries kRecords = {1,      10,      100,       1'000,      10'000,
                                                          50'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

}  // namespace

std::string Expose() { return prometheus::TextSerializer().Serialize(Registry().Collect()); }

Pipeline::Pipeline(const std::string& pipeline, const std::string& table)
    : pipeline_(pipeline),
      table_(table),
      records_(CounterOf("iceberg_records_written_total", "Records committed to the table", LabelsOf(pipeline, table))),
      batches_(CounterOf("iceberg_batches_committed_total", "Commits to the table", LabelsOf(pipeline, table))),
      bytes_(CounterOf("iceberg_bytes_written_total", "Bytes of committed data files", LabelsOf(pipeline, table))),
      files_(CounterOf("frazil_files_written_total", "Committed data files", LabelsOf(pipeline, table))),
      conflicts_(CounterOf("frazil_commit_conflicts_total", "Commits refused because the table had moved",
                           LabelsOf(pipeline, table))),
      retries_(
          CounterOf("frazil_commit_retries_total", "Attempts of commits after their first", LabelsOf(pipeline, table))),
      fences_(CounterOf("frazil_fences_total", "Times that work was dropped because others had moved the offsets",
                        LabelsOf(pipeline, table))),
      restarts_(CounterOf("frazil_pipeline_restarts_total", "Times that the pipeline failed and began again",
                          LabelsOf(pipeline, table))),
      fetched_(
          CounterOf("frazil_fetch_bytes_total", "Bytes of records fetched from the broker", LabelsOf(pipeline, table))),
      memory_(GaugeOf("frazil_memory_used_bytes", "Bytes held between the broker and the table",
                      LabelsOf(pipeline, table))),
      lag_(GaugeOf("frazil_lag_records", "Records at the broker that are not in the table yet",
                   LabelsOf(pipeline, table))),
      duration_(HistogramOf("iceberg_commit_duration_seconds", "Seconds from the begin of a commit to its success",
                            LabelsOf(pipeline, table), kSeconds)),
      records_per_batch_(
          HistogramOf("iceberg_records_per_batch", "Records of one commit", LabelsOf(pipeline, table), kRecords)) {}

void Pipeline::Committed(int64_t rows, int64_t files, int64_t bytes, std::chrono::duration<double> duration,
                         int64_t attempts) {
  records_.Increment(static_cast<double>(rows));
  batches_.Increment();
  bytes_.Increment(static_cast<double>(bytes));
  files_.Increment(static_cast<double>(files));
  if (attempts > 1) retries_.Increment(static_cast<double>(attempts - 1));
  duration_.Observe(duration.count());
  records_per_batch_.Observe(static_cast<double>(rows));
}

void Pipeline::RowsReplaced(int64_t count) {
  if (count == 0) return;
  CounterOf("frazil_rows_replaced_total", "Rows that commits put theirs in the place of", LabelsOf(pipeline_, table_))
      .Increment(static_cast<double>(count));
}

void Pipeline::CommitConflicts(int64_t count) { conflicts_.Increment(static_cast<double>(count)); }
void Pipeline::Fenced() { fences_.Increment(); }
void Pipeline::Restarted() { restarts_.Increment(); }

void Pipeline::RecordsSkipped(const std::string& reason, int64_t count) {
  if (count == 0) return;
  auto labels = LabelsOf(pipeline_, table_);
  labels["reason"] = reason;
  CounterOf("frazil_records_skipped_total", "Records that became no row by a named policy", labels)
      .Increment(static_cast<double>(count));
}

void Pipeline::FieldsWithoutColumn(const std::string& outcome, int64_t count) {
  if (count == 0) return;
  auto labels = LabelsOf(pipeline_, table_);
  labels["outcome"] = outcome;
  CounterOf("frazil_fields_without_column_total", "Values of rows for which the table has no column", labels)
      .Increment(static_cast<double>(count));
}

void Pipeline::TypeConflicts(const std::string& outcome, int64_t count) {
  if (count == 0) return;
  auto labels = LabelsOf(pipeline_, table_);
  labels["outcome"] = outcome;
  CounterOf("frazil_type_conflicts_total", "Values of rows that contradict their columns", labels)
      .Increment(static_cast<double>(count));
}

void Pipeline::FetchedBytes(int64_t bytes) { fetched_.Increment(static_cast<double>(bytes)); }
void Pipeline::MemoryUsed(int64_t bytes) { memory_.Set(static_cast<double>(bytes)); }
void Pipeline::Lag(int64_t records) { lag_.Set(static_cast<double>(records)); }

}  // namespace frazil::metrics
