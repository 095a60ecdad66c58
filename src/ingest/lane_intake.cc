#include "ingest/lane_intake.h"

#include <utility>

#include "common/system/thread.h"

namespace frazil::ingest {

LaneIntake::LaneIntake(Parts parts)
    : parts_(std::move(parts)),
      long_records_(parts_.memory.long_records),
      lanes_(parts_.memory.lanes, &parts_.give_up) {
  undecoded_.SetLimit(parts_.memory.fetched);
  for (int i = 0; i < lanes_.count(); ++i) {
    workers_.push_back(
        std::make_unique<LaneWorker>(parts_.files.table, parts_.options.sink, parts_.policy, parts_.metrics));
  }
}

Result<std::unique_ptr<LaneIntake>> LaneIntake::Start(Parts parts) {
  std::unique_ptr<LaneIntake> intake(new LaneIntake(std::move(parts)));
  if (intake->workers_.empty()) return Fail(ErrorKind::kUnavailable, "the machine gives no thread for a lane");
  return intake;
}

std::shared_ptr<Hand> LaneIntake::NewHand() {
  hand_ = std::make_shared<MicroBatch>(parts_.files, lanes_);
  return hand_;
}

void LaneIntake::Take(record::RecordBatch batch) {
  hand_->Expect();
  const auto bytes = static_cast<int64_t>(batch.byte_count);
  auto fetched =
      std::make_shared<FetchedBatch>(FetchedBatch{std::move(batch), {parts_.budget, bytes}, {undecoded_, bytes}});
  lanes_.Submit([this, hand = hand_, fetched](int lane) {
    const Status done = OrThrown("unpacking records", [&]() -> Status {
      Process(std::move(*fetched), *hand, *workers_[static_cast<size_t>(lane)]);
      return {};
    });
    if (!done) hand->Abort(done.error());
  });
}

void LaneIntake::Process(FetchedBatch fetched, MicroBatch& into, LaneWorker& worker) {
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
    MemoryGate::Pass pass;
    if (kRecordTimes * bytes > kLaneShare) {
      auto entered = long_records_.Enter(kRecordTimes * bytes);
      if (!entered) return into.Abort(entered.error());
      pass = *std::move(entered);
    }
    if (!last) into.Expect();
    worker.Process({*std::move(piece), {parts_.budget, bytes}, {undecoded_, bytes}}, into);
    if (last) return;
    if (const auto error = into.error()) return into.Abort(*error);
  }
}

void LaneIntake::CountFetched(const record::RecordBatch& batch) {
  parts_.metrics.FetchedBytes(static_cast<int64_t>(batch.byte_count));
  const auto& progress = parts_.options.progress;
  if (!progress) return;
  progress->records += static_cast<int64_t>(batch.count());
  progress->bytes += static_cast<int64_t>(batch.byte_count);
}

bool LaneIntake::WaitForRoom(std::chrono::milliseconds timeout) { return lanes_.WaitForRoom(MostWaiting(), timeout); }

// If the waiting records take much memory, fewer batches may wait.
size_t LaneIntake::MostWaiting() const {
  const auto lanes = static_cast<size_t>(lanes_.count());
  return undecoded_.spent() ? (lanes + 1) / 2 : 2 * lanes;
}

bool LaneIntake::MemoryIsSpent() {
  const MemoryBudget& budget = parts_.budget;
  parts_.metrics.MemoryUsed(budget.used());
  const auto& short_of_memory = parts_.options.short_of_memory;
  const bool process_is_short = short_of_memory && short_of_memory();
  // If the process is short of memory but little of it is ours, pausing would free nothing and never end.
  return budget.spent() || (process_is_short && budget.used() > budget.limit() / 4);
}

}  // namespace frazil::ingest
