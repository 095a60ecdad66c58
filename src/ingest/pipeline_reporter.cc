#include "ingest/pipeline_reporter.h"

#include "common/log.h"

namespace frazil::ingest {
namespace {

using std::chrono::steady_clock;

constexpr auto kLogEvery = std::chrono::seconds(10);

}  // namespace

PipelineReporter::PipelineReporter(const PipelineOptions& options, metrics::Pipeline& metrics)
    : options_(options), metrics_(metrics) {}

void PipelineReporter::OnCommitted(const FinishedCommit& commit) {
  const auto& [contents, bytes, report] = commit;
  const auto files = static_cast<int64_t>(contents.files.size());
  report_.rows += contents.counts.rows;
  report_.skipped += contents.counts.skipped;
  report_.errors += contents.counts.errors;
  report_.files += files;
  report_.bytes += bytes;
  ++report_.commits;
  if (options_.progress) {
    options_.progress->rows += contents.counts.rows;
    options_.progress->last_commit = steady_clock::now();
  }
  metrics_.Committed(contents.counts.rows, files, bytes, report->duration, report->attempts);
  metrics_.CommitConflicts(report->conflicts);
  metrics_.RowsReplaced(report->replaced);
  const catalog::TableIdent& ident = table_->ident();
  const std::string replaced =
      report->replaced > 0 ? fmt::format(" in the place of {} rows", report->replaced) : std::string();
  log::info("pipeline '{}': committed {} records in {} files ({} bytes) to {}{}, snapshot {}, {} ms", options_.name,
            contents.counts.rows, files, bytes, ident.ToString(), replaced, report->snapshot_id,
            report->duration.count());
  history_.Look(ident.ToString(), table_->current());
  if (contents.counts.errors > 0) {
    log::warn("pipeline '{}': {} bad records went to {}; one of them: {}", options_.name, contents.counts.errors,
              ErrorsTable(ident).ToString(),
              contents.first_error.empty() ? "they had come before" : contents.first_error);
  }
}

void PipelineReporter::OnFenced(const Error& /*why*/, const std::vector<record::OffsetRange>& /*refused*/) {
  metrics_.Fenced();
}

void PipelineReporter::OnLost(const source::TopicPartition& /*partition*/, const LostRecords& lost) {
  metrics_.RecordsSkipped("lost", lost.count());
  report_.skipped += lost.count();
}

void PipelineReporter::OnRound(std::optional<int64_t> lag) {
  if (lag) metrics_.Lag(*lag);
  if (options_.progress) options_.progress->lag = lag.value_or(Progress::kUnknown);
  const auto now = steady_clock::now();
  if (now - logged_at_ < kLogEvery) return;
  const double elapsed = std::chrono::duration<double>(now - logged_at_).count();
  logged_at_ = now;
  if (report_.rows == logged_rows_) return;
  log::info("pipeline '{}': {} records in {} commits, {:.0f} records/s, lag {}", options_.name, report_.rows,
            report_.commits, static_cast<double>(report_.rows - logged_rows_) / elapsed,
            lag ? std::to_string(*lag) : "unknown");
  logged_rows_ = report_.rows;
}

}  // namespace frazil::ingest
