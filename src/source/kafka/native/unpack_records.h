// From the broker's record batches to views of their records: checksum, codec, the records one by one. It is most of
// what fetching costs, so it is left to the thread that wants the records.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"
#include "source/kafka/native/record_batch.h"

namespace frazil::source::kafka {

// How many bytes records take, their views included, by one byte that the broker sent; lately. Thread-safe.
class Growth {
 public:
  double rate() const { return rate_.load(std::memory_order_relaxed); }
  // Of two that come together one may be lost: it is a guess.
  void Add(size_t sent, size_t taken) {
    const double rate = std::max(1.0, static_cast<double>(taken) / static_cast<double>(sent));
    rate_.store(this->rate() + (rate - this->rate()) / 8, std::memory_order_relaxed);
  }

 private:
  std::atomic<double> rate_ = 4;
};

// Batches of which all records are wanted, from offset `from` on; whole, and in order.
struct PackedBatches {
  int64_t from = 0;
  std::vector<std::string_view> batches;
  std::shared_ptr<const void> owner;  // of the batches, behind which record::kSpareBytes are readable
  std::shared_ptr<Growth> growth;     // is told
  size_t count = 0;                   // about as many records
  bool want_headers = false;
  bool check_crcs = true;
};

// Fills records, headers, bytes and byte_count of `into`; records are views into the batches, or into what they unpack
// to. kCorrupt and kUnsupported, with the offset.
Status UnpackRecords(const PackedBatches& packed, record::RecordBatch& into);

// kCorrupt if the batch is not what the producer sent.
Status CheckCrc(const BatchHeader& header, std::string_view batch);

}  // namespace frazil::source::kafka
