#include "ingest/coordinator.h"

#include <algorithm>
#include <utility>

#include "common/failpoint.h"
#include "common/log.h"
#include "common/time/interruptible_sleep.h"

namespace frazil::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

Backoff FenceBackoff() { return {milliseconds(200), seconds(10)}; }

int64_t InSeconds(milliseconds time) { return std::chrono::duration_cast<seconds>(time).count(); }

}  // namespace

Coordinator::Coordinator(const Parts& parts, source::Positions ends, const CoordinatorTimes& times)
    : options_(parts.options),
      clock_(parts.clock),
      source_(parts.source),
      intake_(parts.intake),
      destination_(parts.destination),
      observer_(parts.observer),
      give_up_(parts.give_up),
      times_(times),
      group_sinks_(source_.group(), options_.name, destination_.table().ident(),
                   *destination_.table().current().metadata),
      offsets_(destination_, source_, options_),
      finish_line_(options_, source_, offsets_, clock_, std::move(ends)),
      lag_(clock_, /*is_watched=*/options_.progress && options_.progress->shown),
      fence_backoff_(FenceBackoff()) {}

Status Coordinator::Run(const StopFlag& stop) {
  stop_ = &stop;
  const StopScope while_reading(stop_);
  FRAZIL_RETURN_IF_ERROR(group_sinks_.Announce());
  FRAZIL_RETURN_IF_ERROR(group_sinks_.AwaitNoOthers(clock_));
  if (options_.once) FRAZIL_RETURN_IF_ERROR(finish_line_.WaitBesideLiveGroup());
  Status status = source_.Start(this);
  worked_ = status.has_value();
  if (status) status = Loop();
  return End(std::move(status));
}

Status Coordinator::Loop() {
  while (!stop_->IsSet()) {
    FRAZIL_RETURN_IF_ERROR(CollectCommit(milliseconds(0)));
    if (const auto error = destination_.error()) {
      if (error->kind != ErrorKind::kFenced) return tl::unexpected<Error>(*error);
      OnFenced(*error);
    }
    if (group_error_) return tl::unexpected<Error>(*group_error_);
    if (reread_ && !destination_.committing()) FRAZIL_RETURN_IF_ERROR(GoBackToTable());

    FetchWithinMemory();
    if (intake_.WaitForRoom(times_.poll)) FRAZIL_RETURN_IF_ERROR(Poll());

    const bool finishing = options_.once && finish_line_.IsRead(positions_, dispatched_);
    const bool has_hand = !destination_.committing() && !destination_.empty();
    if (has_hand && (finishing || CommitIsDue())) destination_.StartCommit();
    if (finishing) {
      FRAZIL_ASSIGN_OR_RETURN(const bool finished, Finished());
      if (finished) return {};
    }
    lag_.Update(source_, positions_, offsets_.known());
    observer_.OnRound(lag_.records());
  }
  return {};
}

Result<bool> Coordinator::Finished() {
  FRAZIL_RETURN_IF_ERROR(CollectCommit(times_.poll));  // waits here, because there is nothing left to poll for
  if (destination_.committing() || !destination_.empty()) return false;
  if (finish_line_.LimitIsRead(dispatched_)) return true;
  return finish_line_.IsCommitted();
}

Status Coordinator::End(Status status) {
  // Something was cancelled because of the stop, but what is in hand is still good to commit.
  if (!status && status.error().kind == ErrorKind::kCancelled && stop_->IsSet()) status = {};
  if (status) {
    const auto all = CommitAll(times_.stop);
    if (!all) {
      status = tl::unexpected<Error>(all.error());
    } else if (!*all) {
      log::warn(
          "pipeline '{}': the last commit did not end within {} s and was left; nothing is lost, its records are "
          "read again at the next start",
          options_.name, InSeconds(times_.stop));
    }
  }
  closing_ = true;
  // After an error, the current commit gets some time to end. Then nobody waits for it any more.
  if (!status && destination_.committing()) CommitEnds(times_.stop);
  give_up_.Set();
  const StopScope while_leaving(nullptr);  // the calls below must finish in spite of the stop
  const Status flushed = source_.group() ? source_.group()->Flush() : Status();
  const Status left = source_.Stop();
  FRAZIL_RETURN_IF_ERROR(status);
  if (options_.sink.delivery == Delivery::kAtLeastOnce) FRAZIL_RETURN_IF_ERROR(flushed);
  if (!left) log::warn("pipeline '{}': could not leave the group cleanly: {}", options_.name, left.error().message);
  return {};
}

Status Coordinator::Poll() {
  auto batches = source_.Poll(times_.poll);
  if (!batches) return GoOnAfter(batches.error());
  for (auto& batch : *batches) FRAZIL_RETURN_IF_ERROR(Dispatch(std::move(batch)));
  return {};
}

Status Coordinator::Dispatch(record::RecordBatch batch) {
  const auto found = positions_.find(batch.source);
  if (found == positions_.end() || reread_) return {};  // the partition was revoked, or will be read again
  if (finish_line_.LimitIsRead(dispatched_)) return {};
  if (batch.first != found->second) {
    return Fail(ErrorKind::kInternal, "topic '{}', partition {}: expected offset {} next, the source gave {}",
                batch.source.topic, batch.source.partition, found->second, batch.first);
  }
  found->second = batch.next;
  if (batch.count() == 0) {
    record::OffsetRange gap{batch.source, batch.first, batch.next, batch.leader_epoch, {}};
    gap.counts.gaps = batch.gaps();
    destination_.AppendGap(std::move(gap));
    return {};
  }
  const auto records = static_cast<int64_t>(batch.count());
  dispatched_ += records;
  destination_.Expect(records);
  intake_.Take(std::move(batch));
  return {};
}

Status Coordinator::GoOnAfter(const Error& error) {
  if (error.kind != ErrorKind::kRecordsGone || options_.on_lost_records != OnLostRecords::kSkip) {
    return tl::unexpected<Error>(error);
  }
  if (options_.whole_load() && !destination_.empty()) {
    return Wrap(error, "a load that replaces what it touches lacks records, so nothing was replaced");
  }
  FRAZIL_ASSIGN_OR_RETURN(const bool committed, CommitAll(times_.revoke));
  if (!committed) {
    return Fail(ErrorKind::kUnavailable, "the commit of what came before lost records took longer than {} s",
                InSeconds(times_.revoke));
  }
  if (reread_) return {};  // fenced: the position is read from the table first
  FRAZIL_ASSIGN_OR_RETURN(const auto lost, FindLostRecords(source_, positions_));
  if (lost.empty()) return tl::unexpected<Error>(error);
  if (const Status moved = offsets_.SkipOver(lost); !moved) {
    if (moved.error().kind != ErrorKind::kFenced) return moved;
    OnFenced(moved.error());
    return {};
  }
  source::Positions behind;
  for (const auto& [partition, records] : lost) {
    log::warn(
        "pipeline '{}': LOST up to {} records of topic '{}', partition {}: offsets {} to {} were deleted by retention "
        "before they were read; skipped as 'on_lost_records: skip' says",
        options_.name, records.count(), partition.topic, partition.partition, records.first, records.next - 1);
    positions_[partition] = behind[partition] = records.next;
    observer_.OnLost(partition, records);
  }
  if (source::Group* group = source_.group()) group->Store(behind);
  return source_.Seek(behind);
}

void Coordinator::FetchWithinMemory() {
  const bool spent = intake_.MemoryIsSpent();
  const bool relieved = !spent || destination_.Relieve(/*all=*/options_.whole_load());
  const bool may_commit = !options_.whole_load() && !destination_.committing() && !destination_.empty();
  if (!relieved && may_commit) destination_.StartCommit();
  if (spent == paused_) return;
  paused_ = spent;
  if (paused_) {
    source_.Pause();
  } else {
    source_.Resume();
  }
}

bool Coordinator::CommitIsDue() const {
  if (options_.whole_load()) return false;
  // The first commit of a process is due as soon as everything that was there at its start is read. So a user soon sees
  // it work, and a backlog arrives at once.
  return destination_.IsDue(!committed_ && !lag_.log_ends().empty() && Reached(positions_, lag_.log_ends()));
}

bool Coordinator::CommitEnds(milliseconds timeout) {
  auto deadline = clock_.Steady() + timeout;
  for (;;) {
    if (stop_->IsSet()) {
      if (!leave_by_) leave_by_ = clock_.Steady() + times_.stop;
      deadline = std::min(deadline, *leave_by_);
    }
    const auto left = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - clock_.Steady()));
    if (destination_.CommitEndsWithin(std::min(left, times_.poll))) return true;
    if (clock_.Steady() >= deadline) return false;
  }
}

Status Coordinator::CollectCommit(milliseconds timeout) {
  if (!destination_.committing() || !CommitEnds(timeout)) return {};
  const FinishedCommit done = destination_.TakeCommit();
  if (!done.report) {
    if (done.report.error().kind != ErrorKind::kFenced) return tl::unexpected<Error>(done.report.error());
    OnFenced(done.report.error(), done.contents.ranges);
    return {};
  }
  fence_backoff_ = FenceBackoff();
  source::Positions moved;
  for (const auto& range : done.contents.ranges) moved[range.source] = range.next;
  offsets_.Advance(moved);
  committed_ = true;
  lag_.Count(offsets_.known());
  observer_.OnCommitted(done);
  observer_.OnRound(lag_.records());
  FRAZIL_FAILPOINT("before-group-mirror");
  if (source::Group* group = source_.group()) group->Store(moved);
  return {};
}

Result<bool> Coordinator::CommitAll(milliseconds timeout) {
  const auto deadline = clock_.Steady() + timeout;
  const auto left = [&] {
    return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline - clock_.Steady()));
  };
  FRAZIL_RETURN_IF_ERROR(CollectCommit(left()));
  if (destination_.committing()) return false;
  if (destination_.empty()) return true;
  if (options_.whole_load()) {
    log::warn("pipeline '{}': the load is not complete, so nothing of it is committed; its records are read again",
              options_.name);
    destination_.Drop();
    reread_ = true;
    return true;
  }
  destination_.StartCommit();
  FRAZIL_RETURN_IF_ERROR(CollectCommit(left()));
  return !destination_.committing();
}

void Coordinator::OnFenced(const Error& error, const std::vector<record::OffsetRange>& refused) {
  log::warn("pipeline '{}': {}. What is in hand is dropped, reading goes on from the table", options_.name,
            error.message);
  observer_.OnFenced(error, refused);
  destination_.Drop();
  reread_ = true;
  SleepUnlessStopped(clock_, fence_backoff_.Next());
}

Status Coordinator::TakeUp(const std::vector<source::TopicPartition>& partitions) {
  FRAZIL_ASSIGN_OR_RETURN(const source::Positions stand, offsets_.TakeUp(partitions, positions_));
  for (const auto& [partition, offset] : stand) positions_[partition] = offset;
  return {};
}

Status Coordinator::GoBackToTable() {
  FRAZIL_RETURN_IF_ERROR(TakeUp(source::StreamsOf(positions_)));
  reread_ = false;
  return source_.Seek(positions_);
}

Result<source::Positions> Coordinator::OnAssigned(const std::vector<source::TopicPartition>& partitions) {
  FRAZIL_RETURN_IF_ERROR(group_sinks_.RefuseOthers());
  FRAZIL_RETURN_IF_ERROR(offsets_.LearnTopics(partitions));
  FRAZIL_RETURN_IF_ERROR(TakeUp(partitions));
  source::Positions out;
  for (const auto& partition : partitions) out[partition] = positions_.at(partition);
  log::info("pipeline '{}': reads {} partitions", options_.name, positions_.size());
  return out;
}

void Coordinator::Leave(const std::vector<source::TopicPartition>& partitions) {
  for (const auto& partition : partitions) positions_.erase(partition);
  offsets_.Leave(partitions);
}

void Coordinator::OnRevoked(const std::vector<source::TopicPartition>& partitions) {
  if (!closing_ && !reread_) {
    const auto all = CommitAll(times_.revoke);
    if (!all) {
      group_error_ = all.error();
    } else if (!*all) {
      // The commit is abandoned. Records of the remaining partitions are read again.
      destination_.Drop();
      reread_ = true;
    }
  }
  Leave(partitions);
}

void Coordinator::OnLost(const std::vector<source::TopicPartition>& partitions) {
  log::warn("pipeline '{}': lost {} partitions to another process; what is in hand is dropped", options_.name,
            partitions.size());
  destination_.Drop();
  reread_ = true;
  Leave(partitions);
}

}  // namespace frazil::ingest
