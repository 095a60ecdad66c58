// Where the coordinator puts what the source gives: made into rows on lanes, as a seam. Its calls are per batch.
#pragma once

#include <chrono>
#include <memory>

#include "ingest/hand.h"
#include "record/record_batch.h"

namespace frazil::ingest {

// Driven by the coordinator's thread.
class Intake {
 public:
  virtual ~Intake() = default;

  // A new, empty hand: what is taken from now on goes there.
  virtual std::shared_ptr<Hand> NewHand() = 0;
  // Has the batch made into rows beside the caller. What is wrong with it shows as the hand's error.
  virtual void Take(record::RecordBatch batch) = 0;
  // Whether there is room for more within `timeout`.
  virtual bool WaitForRoom(std::chrono::milliseconds timeout) = 0;
  // Nothing should be fetched until memory comes back. Asked in every round.
  virtual bool MemoryIsSpent() = 0;
};

}  // namespace frazil::ingest
