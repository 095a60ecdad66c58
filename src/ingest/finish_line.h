// Decides when a run with --once ends: when everything that was in the topics at its start is in the table.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/result.h"
#include "common/time/clock.h"
#include "ingest/committed_offsets.h"
#include "ingest/options.h"
#include "source/source.h"

namespace frazil::ingest {

// True if each partition that is in both maps has reached its end.
bool Reached(const source::Positions& positions, const source::Positions& ends);

// Not thread-safe: only the coordinator's thread calls it.
class FinishLine {
 public:
  // `ends` holds the end of each partition at the start of the run. All references must outlive this object.
  FinishLine(const PipelineOptions& options, source::Source& source, CommittedOffsets& offsets, Clock& clock,
             source::Positions ends);

  // If another process of the same pipeline is running, waits until that process has committed everything up to the
  // ends, or is gone, or the thread is asked to stop. That process is going there anyway, so a run with --once need not
  // compete with it for partitions.
  Status WaitBesideLiveGroup();

  // True if as many records are read as --limit asks for.
  bool LimitIsRead(int64_t records) const { return options_.limit > 0 && records >= options_.limit; }
  // True if there is nothing more to read.
  bool IsRead(const source::Positions& positions, int64_t records) const {
    return LimitIsRead(records) || Reached(positions, ends_);
  }
  // True if everything up to the ends is committed, by any process. It asks at most twice a second.
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
