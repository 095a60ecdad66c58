#include "common/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace frazil::metrics {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kLabels[] = R"({pipeline="p1",table="a.t"})";

TEST(MetricsTest, SeriesAreThereFromTheStart) {
  Pipeline pipeline("fresh", "a.b");
  EXPECT_THAT(Expose(), AllOf(HasSubstr(R"(iceberg_records_written_total{pipeline="fresh",table="a.b"} 0)"),
                              HasSubstr(R"(iceberg_batches_committed_total{pipeline="fresh",table="a.b"} 0)"),
                              HasSubstr(R"(iceberg_bytes_written_total{pipeline="fresh",table="a.b"} 0)"),
                              HasSubstr(R"(iceberg_commit_duration_seconds_count{pipeline="fresh",table="a.b"} 0)"),
                              HasSubstr(R"(iceberg_records_per_batch_count{pipeline="fresh",table="a.b"} 0)")));
}

TEST(MetricsTest, ACommitCountsOnceWhateverItsAttempts) {
  Pipeline pipeline("p1", "a.t");
  pipeline.Committed(1500, 2, 4096, std::chrono::milliseconds(300), 3);
  pipeline.Committed(500, 1, 1024, std::chrono::milliseconds(20), 1);
  const auto text = Expose();
  const auto line = [&](const std::string& name, const std::string& value) {
    return HasSubstr("\n" + name + kLabels + " " + value + "\n");
  };
  EXPECT_THAT(text, AllOf(line("iceberg_records_written_total", "2000"), line("iceberg_batches_committed_total", "2"),
                          line("iceberg_bytes_written_total", "5120"), line("frazil_files_written_total", "3"),
                          line("frazil_commit_retries_total", "2"), line("iceberg_records_per_batch_sum", "2000")));
  EXPECT_THAT(text, HasSubstr(R"(iceberg_commit_duration_seconds_bucket{pipeline="p1",table="a.t",le="0.025"} 1)"));
}

TEST(MetricsTest, SkippedRecordsNameTheReason) {
  Pipeline pipeline("p2", "a.t");
  EXPECT_THAT(Expose(), Not(HasSubstr(R"(reason="bad_record",table="a.t")")));
  pipeline.RecordsSkipped("bad_record", 3);
  pipeline.RecordsSkipped("tombstone", 0);
  EXPECT_THAT(Expose(), HasSubstr(R"(frazil_records_skipped_total{pipeline="p2",reason="bad_record",table="a.t"} 3)"));
  EXPECT_THAT(Expose(), Not(HasSubstr("tombstone")));
}

TEST(MetricsTest, GaugesHoldTheLastValue) {
  Pipeline pipeline("p3", "a.t");
  pipeline.MemoryUsed(100);
  pipeline.MemoryUsed(7);
  pipeline.Lag(12);
  EXPECT_THAT(Expose(), AllOf(HasSubstr(R"(frazil_memory_used_bytes{pipeline="p3",table="a.t"} 7)"),
                              HasSubstr(R"(frazil_lag_records{pipeline="p3",table="a.t"} 12)")));
}

TEST(MetricsTest, SameNamesCountTogether) {
  Pipeline first("p4", "a.t");
  Pipeline second("p4", "a.t");
  first.FetchedBytes(1);
  second.FetchedBytes(2);
  EXPECT_THAT(Expose(), HasSubstr(R"(frazil_fetch_bytes_total{pipeline="p4",table="a.t"} 3)"));
}

TEST(MetricsTest, NamesWithQuotesAreEscaped) {
  Pipeline pipeline("p5", "a.\"t\"");
  EXPECT_THAT(Expose(), HasSubstr(R"(table="a.\"t\"")"));
}

}  // namespace
}  // namespace frazil::metrics
