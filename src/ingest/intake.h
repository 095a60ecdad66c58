// Turns the batches of the source into rows, on lanes. An interface, so that the simulation can replace it. Its
// functions are called per batch.
#pragma once

#include <chrono>
#include <memory>

#include "ingest/hand.h"
#include "record/record_batch.h"

namespace frazil::ingest {

// Not thread-safe: only the coordinator's thread calls it.
class Intake {
 public:
  virtual ~Intake() = default;

  // Returns a new, empty hand. Later batches go into it.
  virtual std::shared_ptr<Hand> NewHand() = 0;
  // Converts the batch in the background. If that fails, the hand has the error.
  virtual void Take(record::RecordBatch batch) = 0;
  // Waits up to `timeout` for room for another batch. False if there is none.
  virtual bool WaitForRoom(std::chrono::milliseconds timeout) = 0;
  // True if nothing should be fetched until memory is freed. Called in every round.
  virtual bool MemoryIsSpent() = 0;
};

}  // namespace frazil::ingest
