#include "ingest/destination.h"

#include <utility>

#include "common/failpoint.h"
#include "common/system/thread.h"

namespace frazil::ingest {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(50);

}  // namespace

Destination::Destination(const Parts& parts) : parts_(parts) { Drop(); }

Status Destination::Load() {
  FRAZIL_RETURN_IF_ERROR(parts_.committer.Load());
  return parts_.errors.Apply();
}

void Destination::Expect(int64_t records) {
  if (records_ == 0) close_by_ms_ = table().current().io->CloseByMillis();
  records_ += records;
  if (!first_record_) first_record_ = parts_.clock.Steady();
  if (!first_range_) first_range_ = first_record_;
}

void Destination::AppendGap(record::OffsetRange range) {
  if (!first_range_) first_range_ = parts_.clock.Steady();
  hand_->AppendGap(std::move(range));
}

void Destination::Drop() {
  hand_ = parts_.intake.NewHand();
  records_ = 0;
  since_ = table().current().metadata->last_sequence_number;
  first_record_.reset();
  first_range_.reset();
}

std::chrono::milliseconds Destination::Since(TimePoint then) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.Steady() - then);
}

bool Destination::IsDue(bool at_once) const {
  const SinkOptions& options = parts_.options;
  if (Since(last_commit_) < options.min_commit_interval) return false;
  if (first_record_) {
    return at_once || records_ >= options.batch_size || hand_->has_files() ||
           Since(*first_record_) >= options.flush_interval || parts_.clock.NowMillis() >= close_by_ms_;
  }
  return first_range_ && Since(*first_range_) >= options.offset_flush;
}

void Destination::StartCommit() {
  const std::shared_ptr<Hand> hand = hand_;
  const int64_t since = since_;
  Drop();
  last_commit_ = parts_.clock.Steady();
  commit_ = std::make_shared<FinishedCommit>();
  auto begun = parts_.executor.Start("a commit", [this, hand, since, commit = commit_] {
    commit->report = OrThrown("committing", [&] { return Commit(*hand, since, *commit); });
  });
  if (begun) {
    task_ = *std::move(begun);
  } else {
    commit_->report = tl::unexpected<Error>(begun.error());
  }
}

Result<table::CommitReport> Destination::Commit(Hand& hand, int64_t since, FinishedCommit& commit) const {
  const StopScope scope(&parts_.give_up);
  FRAZIL_ASSIGN_OR_RETURN(commit.contents, hand.Finish());
  const HandContents& contents = commit.contents;
  for (const auto& file : contents.files) commit.bytes += file.file_size_in_bytes;
  const auto before = [&]() -> Status {
    if (parts_.letters != nullptr && contents.counts.skipped > 0) FRAZIL_RETURN_IF_ERROR(parts_.letters->Flush());
    FRAZIL_FAILPOINT("after-dead-letters");
    return {};
  };
  if (const Status ready = before(); !ready) {
    hand.Disown();
    return tl::unexpected<Error>(ready.error());
  }
  bool sent = false;
  const auto errors = parts_.errors.Announce(contents.errors);
  table::Committer& committer = parts_.committer;
  auto report = parts_.options.commit_mode == CommitMode::kOverwrite
                    ? committer.Overwrite(contents.files, since, contents.ranges, errors, contents.decided, &sent)
                    : committer.Commit(contents.files, contents.ranges, errors, contents.decided, &sent);
  if (!report && !sent) hand.Disown();
  if (!report) return report;
  FRAZIL_RETURN_IF_ERROR(parts_.errors.Apply());
  return report;
}

bool Destination::CommitEndsWithin(std::chrono::milliseconds timeout) const {
  return task_ == nullptr || task_->EndsWithin(timeout);
}

FinishedCommit Destination::TakeCommit() {
  task_.reset();
  return std::move(*std::exchange(commit_, nullptr));
}

Status Destination::AwaitCommitter() const {
  while (committing() && !CommitEndsWithin(kLookAgain)) {
    if (StopScope::Asked()) return Fail(ErrorKind::kCancelled, "stopped while a commit was under way");
  }
  return {};
}

}  // namespace frazil::ingest
