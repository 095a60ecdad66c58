// Where a run ends that is to end by itself (--once): all that was there at its start is in the table.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/result.h"
#include "common/time/clock.h"
#include "ingest/committed_offsets.h"
#include "ingest/options.h"
#include "source/source.h"

namespace frazil::ingest {

// Everything before `ends` is read of those partitions that are among `positions`.
bool Reached(const source::Positions& positions, const source::Positions& ends);

// Driven by the coordinator's thread.
class FinishLine {
 public:
  // `ends`: where each partition ended at the start. All references must outlive it.
  FinishLine(const PipelineOptions& options, source::Source& source, CommittedOffsets& offsets, Clock& clock,
             source::Positions ends);

  // `--once` beside a running process of the same pipeline does not fight it for partitions: that process is on its way
  // to the same offsets. Returns when it is there or gone, or the thread is asked to stop.
  Status WaitBesideLiveGroup();

  // As many records are read as were asked for.
  bool LimitIsRead(int64_t records) const { return options_.limit > 0 && records >= options_.limit; }
  // There is nothing more to read.
  bool IsRead(const source::Positions& positions, int64_t records) const {
    return LimitIsRead(records) || Reached(positions, ends_);
  }
  // Everything up to the ends is committed, by whomever. Asks at most twice a second.
  Result<bool> IsCommitted();

 private:
  std::vector<source::TopicPartition> Behind() const;

  const PipelineOptions& options_;
  source::Source& source_;
  CommittedOffsets& offsets_;
  Clock& clock_;
  source::Positions ends_;
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace frazil::ingest
