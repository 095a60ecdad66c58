// Reading, without end, the streams that are assigned to this process.
#pragma once

#include <chrono>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"
#include "record/stream.h"

namespace frazil::source {

// Hears which streams are assigned to this process. A group assigns and revokes streams; a source without a group
// assigns all streams once. The calls come on the thread that is inside Reader::Poll or Reader::Stop. A call may take
// seconds; the group's rebalance timeout limits it.
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // Must return the position from which to read each of `streams`. An error stops the source, and Poll returns it.
  virtual Result<record::Positions> OnAssigned(const std::vector<record::StreamId>& streams) = 0;
  // The streams will be taken away. This is the last chance to commit what was read of them.
  virtual void OnRevoked(const std::vector<record::StreamId>& streams) = 0;
  // The streams already belong to another process. What was read of them must be dropped.
  virtual void OnLost(const std::vector<record::StreamId>& streams) = 0;
};

// Not thread-safe: one thread drives it.
class Reader {
 public:
  virtual ~Reader() = default;

  // Joins the group, if there is one. `listener` must live until Stop returns.
  virtual Status Start(AssignmentListener* listener) = 0;
  // Returns what arrived within `timeout`. The batches of one stream come in order, and each begins where the one
  // before ended. A batch without records only moves the position over gaps. Batches may still have to be unpacked
  // (RecordBatch::Unpack); that may happen on any thread, even after Stop. kRecordsGone if the log of a stream now
  // begins after the next position to read; Seek repairs that.
  virtual Result<std::vector<record::RecordBatch>> Poll(std::chrono::milliseconds timeout) = 0;
  // Continues at `positions`. Records that were fetched but not yet returned by Poll are dropped. kInvalidArgument for
  // a stream that is not assigned.
  virtual Status Seek(const record::Positions& positions) = 0;
  // Pause stops fetching all assigned streams, and Resume restarts it. The process stays in the group.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  // Leaves the group. The listener hears OnRevoked for the streams that are still assigned.
  virtual Status Stop() = 0;
};

}  // namespace frazil::source
