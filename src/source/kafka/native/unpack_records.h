// From the broker's record batches to views of their records: checksum, codec, the records one by one. It is most of
// what fetching costs, so it is left to the thread that wants the records.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
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
  size_t piece_records = 0;           // bounds of a piece, which may end one record behind them
  size_t piece_bytes = 0;
  bool want_headers = false;
  bool check_crcs = true;
};

// Unpacks them, all together or in pieces. Not thread-safe.
class Unpacker {
 public:
  explicit Unpacker(PackedBatches packed) : packed_(std::move(packed)) {}

  // RecordBatch::unpack: records, headers, bytes and byte_count of `into`; records are views into the batches, or into
  // what they unpack to, which is done no earlier than it is needed. kCorrupt and kUnsupported, with the offset, after
  // which it is not to be called any more.
  Status Next(record::RecordBatch& into, size_t* rest);

 private:
  // The broker's batch that is being taken apart.
  struct Open {
    BatchHeader header;
    const char* at = nullptr;
    const char* end = nullptr;
    size_t left = 0;  // records
    int64_t last_delta = -1;
    std::shared_ptr<const void> owner;  // of its bytes
    size_t unpacked = 0;                // bytes that are there only for it
  };

  Status OpenBatch(std::string_view batch);
  Status Take(record::RecordBatch& into, size_t records, size_t bytes);
  bool Walk(record::RecordBatch& into, size_t records, const char* stop);

  const PackedBatches packed_;
  size_t opened_ = 0;  // of the batches
  Open open_;
};

// kCorrupt if the batch is not what the producer sent.
Status CheckCrc(const BatchHeader& header, std::string_view batch);

}  // namespace frazil::source::kafka
