// The lanes of a process: records become data files, of which only is kept which records are in them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ingest/errors_outbox.h"
#include "ingest/file_names.h"
#include "ingest/hand.h"
#include "ingest/intake.h"
#include "life.h"
#include "storage.h"

namespace frazil::simulation {

class Workshop final : public ingest::Intake {
 public:
  // `errors` takes bad records, where the process has them go to the errors table.
  Workshop(World& world, Life& life, table::Table& table, ingest::FileNames& names, ingest::ErrorsOutbox& errors)
      : world_(world), life_(life), table_(table), names_(names), errors_(errors) {}

  std::shared_ptr<ingest::Hand> NewHand() override;
  void Take(record::RecordBatch batch) override;
  bool WaitForRoom(std::chrono::milliseconds timeout) override;
  bool MemoryIsSpent() override;

 private:
  class Stock;  // a hand

  Status Process(const record::RecordBatch& batch, Stock& into);
  // As where records bring a column that the table lacks.
  Status GrowSchema();

  World& world_;
  Life& life_;
  table::Table& table_;
  ingest::FileNames& names_;
  ingest::ErrorsOutbox& errors_;
  std::shared_ptr<Stock> stock_;
  Millis short_until_ = 0;  // of memory
};

}  // namespace frazil::simulation
