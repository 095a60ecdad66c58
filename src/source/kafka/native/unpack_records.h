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
#include "source/kafka/native/bytes.h"
#include "source/kafka/native/decompress.h"
#include "source/kafka/native/record_batch.h"

namespace frazil::source::kafka {

// How many bytes records take at a time, their views included, by one byte that the broker sent; lately. Thread-safe.
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
  size_t piece_bytes = 0;             // also of what is unpacked at a time
  size_t max_record_bytes = 0;        // longer records are left out (RecordBatch::left_out)
  bool want_headers = false;
  bool check_crcs = true;
};

// Unpacks them, all together or in pieces. Whatever a producer has packed into one batch, in pieces no more of it is
// held than a piece, or one record, and what its codec looks back into. Not thread-safe.
class Unpacker {
 public:
  explicit Unpacker(PackedBatches packed) : packed_(std::move(packed)) {}

  // RecordBatch::unpack: records, headers, bytes and byte_count of `into`; records are views into the batches, or into
  // what they unpack to, which is done no earlier than it is needed. kCorrupt, kUnsupported and kUnavailable (no
  // memory), with the offset, after which it is not to be called any more.
  Status Next(record::RecordBatch& into, size_t* rest);

 private:
  // The broker's batch that is being taken apart.
  struct Open {
    BatchHeader header;
    const char* at = nullptr;  // what is unpacked and not taken yet
    const char* end = nullptr;
    size_t left = 0;  // records
    int64_t last_delta = -1;
    std::shared_ptr<const void> owner;      // of [at, end)
    std::shared_ptr<Bytes> unpacked;        // the same, where it is there only for this
    std::unique_ptr<Decompressor> to_come;  // behind `end`; null where nothing is
    size_t pass_over = 0;                   // bytes of a record that was left out
    size_t wanted = 0;                      // bytes from `at` on, to go on with
    size_t passed = 0;                      // of those, in the walk that is under way
  };
  enum class Walked { kAsWanted, kNeedsMore, kBroken };

  Status OpenBatch(std::string_view batch, size_t most);
  Status Refill(size_t most);
  Status Take(record::RecordBatch& into, size_t records, size_t bytes);
  Walked Walk(record::RecordBatch& into, size_t records, const char* stop);
  bool WalkWhole(record::RecordBatch& into, size_t records, const char* stop);
  Walked WalkOdd(record::RecordBatch& into);
  void PassOver();
  void CloseBatch();

  const PackedBatches packed_;
  size_t opened_ = 0;  // of the batches
  Open open_;
};

// kCorrupt if the batch is not what the producer sent.
Status CheckCrc(const BatchHeader& header, std::string_view batch);

}  // namespace frazil::source::kafka
