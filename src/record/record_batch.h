// Records of one partition in offset order, as views into the bytes in which they arrived.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "record/stream.h"

namespace frazil::record {

// The largest offset that is accepted. No real log reaches it. A larger offset from a broker or a table counts as
// corrupt, because sums with it could overflow 64 bits.
constexpr int64_t kLargestOffset = int64_t{1} << 56;

// In the views below, a null key or value has data() == nullptr. An empty one has data() != nullptr and size() == 0.
struct HeaderView {
  std::string_view key;
  std::string_view value;
};

struct RecordView {
  int64_t offset = 0;
  int64_t timestamp_ms = -1;  // -1: none
  std::string_view key;
  std::string_view value;
  uint32_t first_header = 0;  // index into RecordBatch::headers
  uint32_t header_count = 0;
};

// Describes a record that is longer than ReadOptions::max_record_bytes. RecordBatch::records holds it without its value
// and headers, and without its key if that is long too. It is not a tombstone, although its value is null.
struct LeftOut {
  int64_t offset = 0;
  size_t bytes = 0;  // the size of the record
  size_t most = 0;   // the size that a record may have
};

// Parsers may read this many bytes past the end of any value, so the source must make them readable.
constexpr size_t kSpareBytes = 64;

// Every offset of [first, next) is either a record of this batch or a gap. Gaps are control records, records of aborted
// transactions, and records that compaction removed. Batches are moved, never copied. Not thread-safe.
struct RecordBatch {
  TopicPartition source;
  int64_t first = 0;
  int64_t next = 0;
  int32_t leader_epoch = -1;
  std::vector<RecordView> records;
  std::vector<HeaderView> headers;  // empty unless headers were asked for
  std::vector<LeftOut> left_out;    // one entry for each left-out record, in their order
  // Owns the bytes that the views point into. kSpareBytes more are readable after them. Batches of one broker response
  // share the owner.
  std::shared_ptr<const void> bytes;
  size_t byte_count = 0;  // this batch's share of those bytes, plus the size of its views

  // Set if the source has left decompression and parsing to the thread that needs the records. Until it is called, the
  // batch has no records, `packed_count` estimates how many there will be, and `byte_count` is an estimate. It is null
  // if the batch will never have records. The call fills `into` with all records (`rest` is null), or with the next
  // piece. For a piece it sets the end of `into`, and stores in `rest` how many bytes the remaining pieces hold in
  // memory.
  std::function<Status(RecordBatch& into, size_t* rest)> unpack;
  size_t packed_count = 0;

  // Fills `records`. Call it before you look at them, from one thread. On an error of the source the batch has no
  // records.
  Status Unpack() { return unpack ? std::exchange(unpack, nullptr)(*this, nullptr) : Status(); }
  // Replaces Unpack when memory is short. It cuts off and returns a piece, whose size does not depend on the size of
  // the broker's batches. This batch keeps the rest, and `byte_count` becomes the memory that the rest holds. Call it
  // until first == next.
  Result<RecordBatch> UnpackPiece() {
    if (!unpack) return std::exchange(*this, {});
    RecordBatch piece;
    piece.source = source;
    piece.first = first;
    piece.next = next;
    piece.leader_epoch = leader_epoch;
    FRAZIL_RETURN_IF_ERROR(unpack(piece, &byte_count));
    first = piece.next;
    if (first == next) unpack = nullptr;
    return piece;
  }
  // The entry of the record at `offset` if that record was left out, else null.
  const LeftOut* FindLeftOut(int64_t offset) const {
    for (const LeftOut& one : left_out) {
      if (one.offset == offset) return &one;
    }
    return nullptr;
  }
  // The number of records. Before Unpack it is an estimate.
  size_t count() const { return unpack ? packed_count : records.size(); }
  // The number of gaps. Valid only after Unpack.
  int64_t gaps() const { return next - first - static_cast<int64_t>(records.size()); }
};

}  // namespace frazil::record
