// Records on their way: one partition's records in offset order, as views into the bytes they came in.
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

// No log reaches it. Where a broker or a table says that one does, sums would not fit 64 bits.
constexpr int64_t kLargestOffset = int64_t{1} << 56;

// A null key or value has data() == nullptr; an empty one has not.
struct HeaderView {
  std::string_view key;
  std::string_view value;
};

struct RecordView {
  int64_t offset = 0;
  int64_t timestamp_ms = -1;  // -1: none
  std::string_view key;
  std::string_view value;
  uint32_t first_header = 0;  // into RecordBatch::headers
  uint32_t header_count = 0;
};

// A record that is longer than the source may hold, and so is here without its value and headers, and without its key
// where that is long too. Not a tombstone, though its value is null.
struct LeftOut {
  int64_t offset = 0;
  size_t bytes = 0;  // that the record takes
  size_t most = 0;   // that it may take
};

// Parsers may read this many bytes past the end of any value.
constexpr size_t kSpareBytes = 64;

// Accounts for every offset of [first, next): each is a record here or a gap (a control record, an aborted
// transaction's, compacted away). Moved, never copied.
struct RecordBatch {
  TopicPartition source;
  int64_t first = 0;
  int64_t next = 0;
  int32_t leader_epoch = -1;
  std::vector<RecordView> records;
  std::vector<HeaderView> headers;  // empty unless headers were asked for
  std::vector<LeftOut> left_out;    // some of the records, in their order
  // Keeps alive what the views point into, behind which kSpareBytes are readable. Batches of one answer of the broker
  // share it.
  std::shared_ptr<const void> bytes;
  size_t byte_count = 0;  // this batch's share of it, its views included

  // Where the source leaves its work to the thread that wants the records: what is left of it. Until then there are
  // about `packed_count` records to come, none is here, and `byte_count` is a guess. Not there where no record will be.
  // Fills `into` with all of them; or, if `rest` is there, with the next ones, moves the end of `into` there, and says
  // how many bytes the rest holds.
  std::function<Status(RecordBatch& into, size_t* rest)> unpack;
  size_t packed_count = 0;

  // To be called before records are looked at, by one thread. An error of the source, after which there are none.
  Status Unpack() { return unpack ? std::exchange(unpack, nullptr)(*this, nullptr) : Status(); }
  // Instead of it, where memory is short: cuts off a piece whose size has nothing to do with the broker's batches, and
  // leaves here what is behind it, with the bytes that this holds meanwhile. To be called until first == next.
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
  // What is told of the record at `offset` if it was left out.
  const LeftOut* FindLeftOut(int64_t offset) const {
    for (const LeftOut& one : left_out) {
      if (one.offset == offset) return &one;
    }
    return nullptr;
  }
  // Of records, whether unpacked or not.
  size_t count() const { return unpack ? packed_count : records.size(); }
  // Once it is unpacked.
  int64_t gaps() const { return next - first - static_cast<int64_t>(records.size()); }
};

}  // namespace frazil::record
