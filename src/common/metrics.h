// The metrics that /metrics serves. The process has one registry. Metrics are updated per batch or commit, never per
// record.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace frazil::metrics {

// The whole registry in Prometheus' text format 0.0.4.
std::string Expose();
inline constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// The time series of one pipeline and the table that it feeds. The constructor creates all of them with the value 0.
// Two objects with the same names share their series. Thread-safe.
class Pipeline {
 public:
  Pipeline(const std::string& pipeline, const std::string& table);

  // Counts one successful commit. `bytes` is the size of its data files. `attempts` includes the first attempt. A
  // commit that only moved offsets has 0 rows.
  void Committed(int64_t rows, int64_t files, int64_t bytes, std::chrono::duration<double> duration, int64_t attempts);
  void CommitConflicts(int64_t count);
  // Counts rows that a commit removed because its own rows replace them.
  void RowsReplaced(int64_t count);
  // Counts a fence: another writer moved our offsets, so uncommitted work was dropped and is read again.
  void Fenced();
  // Counts a failure after which the pipeline restarts by itself.
  void Restarted();
  // Counts records that a policy kept from becoming rows. `reason` names the policy: "bad_record", "tombstone".
  void RecordsSkipped(const std::string& reason, int64_t count);
  // Values of rows that have no column of theirs: "left_out", or "kept" with others in one.
  void FieldsWithoutColumn(const std::string& outcome, int64_t count);
  // Values that contradict their columns and are in the table all the same: as "text", or in a "column" beside.
  void TypeConflicts(const std::string& outcome, int64_t count);
  void FetchedBytes(int64_t bytes);
  void MemoryUsed(int64_t bytes);
  // Sets how many records of the source are not in the table yet.
  void Lag(int64_t records);

 private:
  const std::string pipeline_;
  const std::string table_;
  prometheus::Counter& records_;
  prometheus::Counter& batches_;
  prometheus::Counter& bytes_;
  prometheus::Counter& files_;
  prometheus::Counter& conflicts_;
  prometheus::Counter& retries_;
  prometheus::Counter& fences_;
  prometheus::Counter& restarts_;
  prometheus::Counter& fetched_;
  prometheus::Gauge& memory_;
  prometheus::Gauge& lag_;
  prometheus::Histogram& duration_;
  prometheus::Histogram& records_per_batch_;
};

}  // namespace frazil::metrics
