// What /metrics shows, in one registry of the process. Counted per batch or commit, never per record.
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

// Everything, in Prometheus' text format 0.0.4.
std::string Expose();
inline constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// Series of one pipeline and the table it feeds, there from the start at 0. Two objects of the same names count
// together. Thread-safe.
class Pipeline {
 public:
  Pipeline(const std::string& pipeline, const std::string& table);

  // One successful commit; `attempts` counts the first one too. A commit that only moved offsets has no rows.
  void Committed(int64_t rows, int64_t files, int64_t bytes, std::chrono::duration<double> duration, int64_t attempts);
  void CommitConflicts(int64_t count);
  // Rows that commits have taken out, in whose place theirs came.
  void RowsReplaced(int64_t count);
  // Somebody else had moved our offsets: work was dropped and read again.
  void Fenced();
  // It failed, and starts again by itself.
  void Restarted();
  // Records that became no row by a named policy: "bad_record", "tombstone".
  void RecordsSkipped(const std::string& reason, int64_t count);
  void FetchedBytes(int64_t bytes);
  void MemoryUsed(int64_t bytes);
  // Records at the broker that are not in the table yet.
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
