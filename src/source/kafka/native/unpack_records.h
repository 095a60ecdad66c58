// Unpacks the broker's record batches: checks the checksum, decompresses, and makes views of the records one by one.
// This is most of the cost of fetching, so the thread that needs the records does it.
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

// A running estimate of how many bytes of memory records take for each byte that the broker sent, their views included.
// Thread-safe.
class Growth {
 public:
  double rate() const { return rate_.load(std::memory_order_relaxed); }
  // Adds a sample. Of two concurrent calls one may be lost, which is fine for an estimate.
  void Add(size_t sent, size_t taken) {
    const double rate = std::max(1.0, static_cast<double>(taken) / static_cast<double>(sent));
    rate_.store(this->rate() + (rate - this->rate()) / 8, std::memory_order_relaxed);
  }

 private:
  std::atomic<double> rate_ = 4;
};

// Whole broker batches in order. All their records from offset `from` on are wanted.
struct PackedBatches {
  int64_t from = 0;
  std::vector<std::string_view> batches;
  std::shared_ptr<const void> owner;  // owns the batches; record::kSpareBytes more are readable after them
  std::shared_ptr<Growth> growth;     // gets a sample for each batch
  size_t count = 0;                   // an estimate of the number of records
  size_t piece_records = 0;           // limits of a piece, which may exceed them by one record
  size_t piece_bytes = 0;             // also limits what is decompressed at a time
  size_t max_record_bytes = 0;        // longer records are left out (RecordBatch::left_out)
  bool want_headers = false;
  bool check_crcs = true;
};

// Unpacks the batches, all at once or in pieces. In pieces it holds no more of a decompressed batch than one piece (or
// one record) and the codec's window, however much a producer has compressed into the batch. Not thread-safe.
class Unpacker {
 public:
  explicit Unpacker(PackedBatches packed) : packed_(std::move(packed)) {}

  // Implements RecordBatch::unpack. Fills records, headers, left_out, bytes and byte_count of `into`. The records are
  // views into the batches, or into decompressed bytes; decompression is put off until it is needed. Errors name the
  // offset: kCorrupt, kUnsupported, kUnavailable (out of memory). After an error it must not be called again.
  Status Next(record::RecordBatch& into, size_t* rest);

 private:
  // The broker batch that is being unpacked.
  struct Open {
    BatchHeader header;
    const char* at = nullptr;  // [at, end): decompressed bytes not yet taken
    const char* end = nullptr;
    size_t left = 0;  // records
    int64_t last_delta = -1;
    std::shared_ptr<const void> owner;      // owns [at, end)
    std::shared_ptr<Bytes> unpacked;        // the same block, if it was made by decompression
    std::unique_ptr<Decompressor> to_come;  // gives the bytes after `end`; null if there are none
    size_t pass_over = 0;                   // bytes of a left-out record still to be skipped
    size_t wanted = 0;                      // how many bytes from `at` on are needed to continue
    size_t passed = 0;                      // how many of them the current walk has skipped
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
  size_t opened_ = 0;  // how many batches were opened
  Open open_;
};

// kCorrupt if the checksum does not match.
Status CheckCrc(const BatchHeader& header, std::string_view batch);

}  // namespace frazil::source::kafka
