// Reading on and on, of the streams that are given to this process.
#pragma once

#include <chrono>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"
#include "record/stream.h"

namespace frazil::source {

// Which streams this process reads, as that changes: a group gives and takes them, a source without one gives all of
// them once. Called on the thread that is inside Reader::Poll or Reader::Stop; may take seconds (bounded by the group's
// rebalance time-out).
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // Must return where to start reading each of `streams`. An error stops the source: Poll returns it.
  virtual Result<record::Positions> OnAssigned(const std::vector<record::StreamId>& streams) = 0;
  // Last chance to commit what was read of these.
  virtual void OnRevoked(const std::vector<record::StreamId>& streams) = 0;
  // They belong to someone else already: drop what was read of these.
  virtual void OnLost(const std::vector<record::StreamId>& streams) = 0;
};

// Not thread-safe: one thread drives it.
class Reader {
 public:
  virtual ~Reader() = default;

  // Joins the group, where there is one. `listener` must outlive Stop.
  virtual Status Start(AssignmentListener* listener) = 0;
  // What arrived within `timeout`; batches of one stream are in order and join without a hole. A batch without records
  // moves the position over gaps up to the end of the stream. Their records may still have to be unpacked
  // (RecordBatch::Unpack), on any thread, also after Stop. kRecordsGone where a stream's log begins behind what is to
  // be read next; a Seek mends that.
  virtual Result<std::vector<record::RecordBatch>> Poll(std::chrono::milliseconds timeout) = 0;
  // Goes on reading there; what was fetched before and not yet returned is dropped.
  virtual Status Seek(const record::Positions& positions) = 0;
  // Stops and restarts fetching of everything assigned, while membership goes on.
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  // Leaves the group; OnRevoked is called for what is still assigned.
  virtual Status Stop() = 0;
};

}  // namespace frazil::source
