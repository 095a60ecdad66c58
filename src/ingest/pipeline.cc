#include "ingest/pipeline.h"

#include <algorithm>
#include <set>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/system/thread.h"
#include "common/time/interruptible_sleep.h"
#include "iceberg/location_provider.h"
#include "ingest/committer_setup.h"
#include "ingest/lost_records.h"
#include "ingest/table_setup.h"
#include "storage/storage.h"

namespace frazil::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kPollTimeout = milliseconds(50);
// SIGTERM must end the process within ten seconds.
constexpr auto kStopTimeout = seconds(8);
constexpr auto kNoRecordsYetWait = seconds(1);
constexpr auto kProgressEvery = seconds(10);

}  // namespace

Pipeline::Pipeline(PipelineOptions options, std::shared_ptr<catalog::Catalog> catalog,
                   std::unique_ptr<source::Source> source)
    : options_(std::move(options)),
      catalog_(std::move(catalog)),
      source_(std::move(source)),
      metrics_(options_.name, options_.sink.table.ToString()),
      lag_(metrics_, options_.progress),
      fence_backoff_(milliseconds(200), seconds(10)) {}

Pipeline::~Pipeline() { give_up_.Set(); }

bool Pipeline::abandoned_commit() const {
  return in_flight_.valid() && in_flight_.wait_for(seconds(0)) != std::future_status::ready;
}

Result<PipelineReport> Pipeline::Run(const StopFlag& stop) {
  stop_ = &stop;
  const StopScope while_reading(stop_);
  if (!exactly_once() && source_->group() == nullptr) {
    return Fail(ErrorKind::kInvalidArgument,
                "delivery: at_least_once keeps the offsets in a consumer group, which this kind of source has not; "
                "say exactly_once");
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, OpenTable(stop));
  if (table_ == nullptr) return report_;

  FRAZIL_ASSIGN_OR_RETURN(committer_, OpenCommitter(table_, options_, *source_, partitions, &give_up_));
  errors_ = std::make_unique<ErrorsOutbox>(catalog_, *committer_, options_.sink, budget_, file_names_, memory_);
  FRAZIL_RETURN_IF_ERROR(errors_->Apply());
  if (options_.sink.on_bad_record == OnBadRecord::kTopic) {
    FRAZIL_ASSIGN_OR_RETURN(letters_, DeadLetters::Open(source_->topics(), partitions, options_));
  }
  policy_ = std::make_unique<ConfiguredPolicy>(options_.sink, *errors_, letters_.get(), metrics_);

  FRAZIL_RETURN_IF_ERROR(PlanMemory());
  lanes_ = std::make_unique<Lanes>(memory_.lanes, &give_up_);
  if (lanes_->count() == 0) return Fail(ErrorKind::kUnavailable, "the machine gives no thread for a lane");
  for (int i = 0; i < lanes_->count(); ++i) {
    workers_.push_back(std::make_unique<LaneWorker>(table_, options_.sink, *policy_, metrics_));
  }
  DropHand();

  if (source::Group* group = source_->group()) {
    FRAZIL_RETURN_IF_ERROR(group->AnnounceSink(SinkName(table_->ident(), *table_->current().metadata)));
    FRAZIL_RETURN_IF_ERROR(AwaitNoOtherSinks(stop));
    if (options_.once) FRAZIL_RETURN_IF_ERROR(WaitBesideLiveGroup(stop));
  }
  last_progress_ = steady_clock::now();
  Status status = source_->Start(this);
  worked_ = status.has_value();
  if (status) status = Loop(stop);
  // What is in hand is good, whatever was given up.
  if (!status && status.error().kind == ErrorKind::kCancelled && stop.IsSet()) status = {};
  if (status) {
    auto all = CommitAll(kStopTimeout);
    if (!all) {
      status = tl::unexpected<Error>(all.error());
    } else if (!*all) {
      log::warn(
          "pipeline '{}': the last commit did not end within {} s and was left; nothing is lost, its records are "
          "read again at the next start",
          options_.name, kStopTimeout.count());
    }
  }
  closing_ = true;
  // After an error the commit that is under way may still end; then nobody waits for it any more.
  if (!status && in_flight_.valid()) CommitEnds(kStopTimeout);
  give_up_.Set();
  const StopScope while_leaving(nullptr);  // what is left to be done is done in spite of the stop
  const Status flushed = source_->group() ? source_->group()->Flush() : Status();
  const Status left = source_->Stop();
  if (!status) return tl::unexpected<Error>(status.error());
  if (!flushed && !exactly_once()) return tl::unexpected<Error>(flushed.error());
  if (!left) log::warn("pipeline '{}': could not leave the group cleanly: {}", options_.name, left.error().message);
  return report_;
}

std::string SinkName(const catalog::TableIdent& ident, const iceberg::TableMetadata& table) {
  return fmt::format("{}/{}", ident.ToString(), table.table_uuid);
}

Result<std::vector<source::TopicPartition>> Pipeline::OpenTable(const StopFlag& stop) {
  for (bool waiting = false; !stop.IsSet();) {
    FRAZIL_ASSIGN_OR_RETURN(auto partitions, source_->Streams());
    if (options_.once && ends_.empty()) {
      FRAZIL_ASSIGN_OR_RETURN(ends_, source_->EndOffsets(partitions));
    }
    FRAZIL_ASSIGN_OR_RETURN(table_, SetUpTable(catalog_, options_.sink, *source_));
    if (table_ != nullptr) return partitions;
    if (options_.once) {
      log::info("pipeline '{}': the topic is empty and table {} does not exist: nothing to do", options_.name,
                options_.sink.table.ToString());
      return partitions;
    }
    if (!waiting) {
      log::info("pipeline '{}': waiting for a first record to tell the columns of table {} from", options_.name,
                options_.sink.table.ToString());
    }
    waiting = true;
    SleepUnlessStopped(Clock::System(), kNoRecordsYetWait);
  }
  return std::vector<source::TopicPartition>{};
}

Status Pipeline::PlanMemory() {
  const catalog::LoadedTable table = table_->current();
  const iceberg::LocationProvider locations(*table.metadata);
  // A place that is not ours to write to is told before anything is read; and what writes there should be here when
  // memory is counted.
  FRAZIL_RETURN_IF_ERROR(table.io->PrepareToWrite(locations.MetadataFile("x")));
  const std::string data = locations.DataFile("", "x");
  FRAZIL_RETURN_IF_ERROR(table.io->PrepareToWrite(data));
  const int64_t file_buffer = storage::WriteBufferBytes(data);
  FRAZIL_ASSIGN_OR_RETURN(memory_, options_.plan_memory(file_buffer));
  budget_.SetLimit(memory_.held);
  undecoded_.SetLimit(memory_.fetched);
  if (const int wanted = LaneCount(options_.lanes); memory_.lanes < wanted) {
    log::info(
        "pipeline '{}': works with {} lanes, since memory_limit_mb has no room for {} with records of up to "
        "max_record_bytes",
        options_.name, memory_.lanes, wanted);
  }
  return {};
}

Status Pipeline::Loop(const StopFlag& stop) {
  while (!stop.IsSet()) {
    FRAZIL_RETURN_IF_ERROR(CollectCommit(milliseconds(0)));
    if (const auto error = hand_->error()) {
      if (error->kind != ErrorKind::kFenced) return tl::unexpected<Error>(*error);
      OnFenced(*error);
    }
    if (group_error_) return tl::unexpected<Error>(*group_error_);
    if (reread_ && !in_flight_.valid()) FRAZIL_RETURN_IF_ERROR(GoBackToTable());

    FetchWithinBudget();
    if (lanes_->WaitForRoom(MostWaiting(), kPollTimeout)) {
      auto batches = source_->Poll(kPollTimeout);
      if (batches) {
        for (auto& batch : *batches) FRAZIL_RETURN_IF_ERROR(Dispatch(std::move(batch)));
      } else {
        FRAZIL_RETURN_IF_ERROR(GoOnAfter(batches.error()));
      }
    }

    const bool finishing = options_.once && ((options_.limit > 0 && dispatched_ >= options_.limit) || Reached(ends_));
    if (!in_flight_.valid() && !hand_->empty() && (finishing || CommitIsDue())) StartCommit();
    // There is nothing more to poll for.
    if (finishing) FRAZIL_RETURN_IF_ERROR(CollectCommit(kPollTimeout));
    if (finishing && !in_flight_.valid() && hand_->empty()) {
      if (options_.limit > 0 && dispatched_ >= options_.limit) return {};
      FRAZIL_ASSIGN_OR_RETURN(const bool done, EndsAreCommitted());
      if (done) return {};
    }
    ReportProgress();
  }
  return {};
}

Status Pipeline::GoOnAfter(const Error& error) {
  if (error.kind != ErrorKind::kRecordsGone || options_.on_lost_records != OnLostRecords::kSkip) {
    return tl::unexpected<Error>(error);
  }
  FRAZIL_ASSIGN_OR_RETURN(const bool committed, CommitAll(kRevokeTimeout));
  if (!committed) {
    return Fail(ErrorKind::kUnavailable, "the commit of what came before lost records took longer than {} s",
                kRevokeTimeout.count());
  }
  if (reread_) return {};  // fenced: where we stand is another question now
  FRAZIL_ASSIGN_OR_RETURN(const auto lost, FindLostRecords(*source_, positions_));
  if (lost.empty()) return tl::unexpected<Error>(error);
  source::Positions behind;
  for (const auto& [partition, records] : lost) behind[partition] = records.next;
  if (exactly_once()) {
    if (const Status moved = committer_->MoveTo(behind); !moved) {
      if (moved.error().kind != ErrorKind::kFenced) return moved;
      OnFenced(moved.error());
      return {};
    }
  }
  for (const auto& [partition, records] : lost) {
    const int64_t count = records.next - records.first;
    log::warn(
        "pipeline '{}': LOST up to {} records of topic '{}', partition {}: offsets {} to {} were deleted by retention "
        "before they were read; skipped as 'on_lost_records: skip' says",
        options_.name, count, partition.topic, partition.partition, records.first, records.next - 1);
    metrics_.RecordsSkipped("lost", count);
    report_.skipped += count;
    positions_[partition] = committed_[partition] = records.next;
    began_.erase(partition);
  }
  if (source_->group()) source_->group()->Store(behind);
  return source_->Seek(behind);
}

Status Pipeline::Dispatch(record::RecordBatch batch) {
  const auto found = positions_.find(batch.source);
  if (found == positions_.end() || reread_) return {};  // revoked meanwhile, or to be read again
  if (options_.limit > 0 && dispatched_ >= options_.limit) return {};
  if (FRAZIL_GUARD("ordered") && batch.first != found->second) {
    return Fail(ErrorKind::kInternal, "topic '{}', partition {}: expected offset {} next, the source gave {}",
                batch.source.topic, batch.source.partition, found->second, batch.first);
  }
  found->second = batch.next;
  if (batch.count() == 0) {
    record::OffsetRange gap{batch.source, batch.first, batch.next, batch.leader_epoch, {}};
    gap.counts.gaps = batch.gaps();
    hand_->AppendGap(std::move(gap));
    return {};
  }
  if (hand_records_ == 0) close_by_ms_ = table_->current().io->CloseByMillis();
  dispatched_ += static_cast<int64_t>(batch.count());
  hand_records_ += static_cast<int64_t>(batch.count());
  hand_->Expect();
  const auto bytes = static_cast<int64_t>(batch.byte_count);
  auto fetched = std::make_shared<FetchedBatch>(FetchedBatch{std::move(batch), {budget_, bytes}, {undecoded_, bytes}});
  lanes_->Submit([this, hand = hand_, fetched](int lane) {
    const Status done = OrThrown("unpacking records", [&]() -> Status {
      Process(std::move(*fetched), *hand, *workers_[static_cast<size_t>(lane)]);
      return {};
    });
    if (!done) hand->Abort(done.error());
  });
  return {};
}

void Pipeline::Process(FetchedBatch fetched, MicroBatch& into, LaneWorker& worker) {
  record::RecordBatch& rest = fetched.records;
  while (true) {
    auto piece = rest.UnpackPiece();
    if (!piece) return into.Abort(piece.error());
    const bool last = rest.first == rest.next;
    const auto bytes = static_cast<int64_t>(piece->byte_count);
    const auto kept = last ? 0 : static_cast<int64_t>(rest.byte_count);
    fetched.memory.Resize(kept);
    fetched.undecoded.Resize(kept);
    CountFetched(*piece);
    if (!last) into.Expect();
    worker.Process({*std::move(piece), {budget_, bytes}, {undecoded_, bytes}}, into);
    if (last) return;
    if (const auto error = into.error()) return into.Abort(*error);
  }
}

void Pipeline::CountFetched(const record::RecordBatch& batch) {
  metrics_.FetchedBytes(static_cast<int64_t>(batch.byte_count));
  if (!options_.progress) return;
  options_.progress->records += static_cast<int64_t>(batch.count());
  options_.progress->bytes += static_cast<int64_t>(batch.byte_count);
}

bool Pipeline::MemoryIsSpent() const {
  if (!FRAZIL_GUARD("bounded")) return false;
  const bool process_is_short = options_.short_of_memory && options_.short_of_memory();
  // Where little of what is gone is ours, to stop would free nothing and last for ever.
  return budget_.spent() || (process_is_short && budget_.used() > budget_.limit() / 4);
}

// Long records weigh on memory while they wait: then few do.
size_t Pipeline::MostWaiting() const {
  const auto lanes = static_cast<size_t>(lanes_->count());
  return undecoded_.spent() ? (lanes + 1) / 2 : 2 * lanes;
}

// When memory is spent: encode what is largest; where nothing is large, commit early; and stop fetching until
// memory comes back. Membership in the group goes on: Poll is still called.
void Pipeline::FetchWithinBudget() {
  metrics_.MemoryUsed(budget_.used());
  const bool spent = MemoryIsSpent();
  if (spent && !hand_->Relieve(*lanes_) && !in_flight_.valid() && !hand_->empty()) StartCommit();
  if (spent == paused_) return;
  paused_ = spent;
  if (paused_) {
    source_->Pause();
  } else {
    source_->Resume();
  }
}

bool Pipeline::CommitIsDue() const {
  if (Since(last_commit_) < options_.sink.min_commit_interval) return false;
  if (const auto first = hand_->first_record()) {
    // The first commit of a process waits for no more than what was there at its start, so that whoever looks sees it
    // work, and the backlog of an outage arrive.
    if (report_.commits == 0 && !lag_.log_ends().empty() && Reached(lag_.log_ends())) return true;
    return hand_records_ >= options_.sink.batch_size || hand_->has_files() ||
           Since(*first) >= options_.sink.flush_interval || Clock::System().NowMillis() >= close_by_ms_;
  }
  const auto first = hand_->first_range();
  return first && Since(*first) >= options_.sink.offset_flush;
}

void Pipeline::DropHand() {
  hand_ = std::make_shared<MicroBatch>(
      DataFileContext{table_, options_.sink, budget_, file_names_, options_.name, memory_.row_group});
  hand_records_ = 0;
}

void Pipeline::StartCommit() {
  std::shared_ptr<MicroBatch> batch = hand_;
  DropHand();
  last_commit_ = steady_clock::now();
  const auto commit = [this, batch] { return OrThrown("committing", [&] { return CommitMicroBatch(batch); }); };
  auto begun = OrThrown("starting a thread for a commit", [&]() -> Result<std::future<Result<Committed>>> {
    return std::async(std::launch::async, commit);
  });
  if (begun) {
    in_flight_ = *std::move(begun);
    return;
  }
  std::promise<Result<Committed>> none;
  none.set_value(tl::unexpected<Error>(begun.error()));
  in_flight_ = none.get_future();
}

Result<Pipeline::Committed> Pipeline::CommitMicroBatch(const std::shared_ptr<MicroBatch>& batch) {
  const StopScope scope(&give_up_);
  Committed committed;
  FRAZIL_ASSIGN_OR_RETURN(committed.contents, batch->Finish(*lanes_));
  for (const auto& file : committed.contents.files) committed.bytes += file.file_size_in_bytes;
  const auto before = [&]() -> Status {
    if (letters_ != nullptr && committed.contents.counts.skipped > 0) FRAZIL_RETURN_IF_ERROR(letters_->Flush());
    FRAZIL_FAILPOINT("after-dead-letters");
    return {};
  };
  if (const Status ready = before(); !ready) {
    batch->Disown();
    return tl::unexpected<Error>(ready.error());
  }
  bool sent = false;
  auto report = committer_->Commit(committed.contents.files, committed.contents.ranges,
                                   errors_->Announce(committed.contents.errors), committed.contents.decided, &sent);
  if (!report && !sent) batch->Disown();
  if (!report) return tl::unexpected<Error>(report.error());
  committed.report = *report;
  FRAZIL_RETURN_IF_ERROR(errors_->Apply());
  return committed;
}

bool Pipeline::CommitEnds(milliseconds timeout) {
  auto deadline = steady_clock::now() + timeout;
  for (;;) {
    if (stop_->IsSet()) {
      if (!leave_by_) leave_by_ = steady_clock::now() + kStopTimeout;
      deadline = std::min(deadline, *leave_by_);
    }
    const auto left = std::max(steady_clock::duration(0), deadline - steady_clock::now());
    if (in_flight_.wait_for(std::min<steady_clock::duration>(left, kPollTimeout)) == std::future_status::ready) {
      return true;
    }
    if (steady_clock::now() >= deadline) return false;
  }
}

Status Pipeline::CollectCommit(milliseconds timeout) {
  if (!in_flight_.valid() || !CommitEnds(timeout)) return {};
  const Result<Committed> done = in_flight_.get();
  if (!done) {
    if (done.error().kind != ErrorKind::kFenced) return tl::unexpected<Error>(done.error());
    OnFenced(done.error());
    return {};
  }
  fence_backoff_ = Backoff(milliseconds(200), seconds(10));
  source::Positions moved;
  for (const auto& range : done->contents.ranges) {
    moved[range.source] = committed_[range.source] = range.next;
    began_.erase(range.source);
  }
  const auto& counts = done->contents.counts;
  const auto files = static_cast<int64_t>(done->contents.files.size());
  report_.rows += counts.rows;
  report_.skipped += counts.skipped;
  report_.errors += counts.errors;
  report_.files += files;
  report_.bytes += done->bytes;
  ++report_.commits;
  if (options_.progress) {
    options_.progress->rows += counts.rows;
    options_.progress->last_commit = steady_clock::now();
  }
  lag_.Count(committed_);
  metrics_.Committed(counts.rows, files, done->bytes, done->report.duration, done->report.attempts);
  metrics_.CommitConflicts(done->report.conflicts);
  log::info("pipeline '{}': committed {} records in {} files ({} bytes) to {}, snapshot {}, {} ms", options_.name,
            counts.rows, files, done->bytes, table_->ident().ToString(), done->report.snapshot_id,
            done->report.duration.count());
  history_.Look(table_->ident().ToString(), table_->current());
  if (counts.errors > 0) {
    log::warn("pipeline '{}': {} bad records went to {}; one of them: {}", options_.name, counts.errors,
              ErrorsTable(table_->ident()).ToString(),
              done->contents.first_error.empty() ? "they had come before" : done->contents.first_error);
  }
  FRAZIL_FAILPOINT("before-group-mirror");
  if (source_->group()) source_->group()->Store(moved);
  return {};
}

Result<bool> Pipeline::CommitAll(milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  const auto left = [&] {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()));
  };
  FRAZIL_RETURN_IF_ERROR(CollectCommit(left()));
  if (in_flight_.valid()) return false;
  if (hand_->empty()) return true;
  StartCommit();
  FRAZIL_RETURN_IF_ERROR(CollectCommit(left()));
  return !in_flight_.valid();
}

void Pipeline::OnFenced(const Error& error) {
  log::warn("pipeline '{}': {}. What is in hand is dropped, reading goes on from the table", options_.name,
            error.message);
  metrics_.Fenced();
  DropHand();
  reread_ = true;
  SleepUnlessStopped(Clock::System(), fence_backoff_.Next());
}

void Pipeline::ReportProgress() {
  lag_.Update(*source_, positions_, committed_);
  if (Since(last_progress_) < kProgressEvery) return;
  const double elapsed = static_cast<double>(Since(last_progress_).count()) / 1000;
  last_progress_ = steady_clock::now();
  if (report_.rows == logged_rows_) return;
  log::info("pipeline '{}': {} records in {} commits, {:.0f} records/s, lag {}", options_.name, report_.rows,
            report_.commits, static_cast<double>(report_.rows - logged_rows_) / elapsed,
            lag_.records() ? std::to_string(*lag_.records()) : "unknown");
  logged_rows_ = report_.rows;
}

}  // namespace frazil::ingest
