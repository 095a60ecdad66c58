#include "source/kafka/native/unpack_records.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "source/kafka/errors.h"
#include "source/kafka/native/crc32c.h"
#include "source/kafka/native/varint.h"

namespace frazil::source::kafka {
namespace {

using record::HeaderView;
using record::RecordBatch;
using record::RecordView;

constexpr size_t kCrcEnd = 21;
constexpr size_t kLeastRecord = 7;  // bytes, its length included
constexpr size_t kLongestVarint = 10;

const char* ReadHeaders(const char* at, const char* end, std::vector<HeaderView>& headers, RecordView& view) {
  int64_t count = 0;
  at = ReadVarint(at, end, count);
  if (at == nullptr || count < 0 || count > end - at) return nullptr;
  view.first_header = static_cast<uint32_t>(headers.size());
  view.header_count = static_cast<uint32_t>(count);
  for (; count > 0; --count) {
    HeaderView& header = headers.emplace_back();
    at = ReadView(at, end, header.key);
    if (at == nullptr) return nullptr;
    at = ReadView(at, end, header.value);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// Sets the timestamp of `view`. False if it does not fit 64 bits.
bool SetTimestamp(const BatchHeader& header, int64_t delta, RecordView& view) {
  if (!header.log_append_time()) return !__builtin_add_overflow(header.base_timestamp, delta, &view.timestamp_ms);
  view.timestamp_ms = header.max_timestamp;
  return true;
}

// The owners of a piece's bytes: the broker's answer, and blocks of decompressed bytes.
using Owners = std::vector<std::shared_ptr<const void>>;

}  // namespace

Status CheckCrc(const BatchHeader& header, std::string_view batch) {
  if (Crc32c(batch.substr(kCrcEnd)) == header.crc) return {};
  return Fail(ErrorKind::kCorrupt, "its checksum is wrong: it was damaged on the broker's disk or on its way");
}

Status Unpacker::Next(RecordBatch& into, size_t* rest) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  const size_t most_records = rest != nullptr ? packed_.piece_records : kAll;
  const size_t most_bytes = rest != nullptr ? packed_.piece_bytes : kAll;
  RecordBatch taken;
  taken.records.reserve(std::min(packed_.count, most_records));
  Owners owners;
  bool full = false;
  while (!full && (open_.left > 0 || opened_ < packed_.batches.size())) {
    const size_t before = taken.records.size();
    const Status done = Take(taken, most_records, most_bytes);
    if (!done) {
      return Wrap(done.error(),
                  fmt::format("{}: the record batch at offset {}", Describe(into.source), open_.header.base_offset));
    }
    if (taken.records.size() > before && (owners.empty() || owners.back() != open_.owner)) {
      owners.push_back(open_.owner);
    }
    // A large block ends the piece: otherwise the next batch would be decompressed while this block is still held.
    const bool outgrown = open_.unpacked != nullptr && open_.unpacked->size() >= most_bytes;
    full =
        !taken.records.empty() && (taken.records.size() >= most_records || taken.byte_count >= most_bytes || outgrown);
    // A left-out record ends the piece, because its key may keep a large block alive.
    full |= rest != nullptr && !taken.left_out.empty();
    if (open_.left == 0) CloseBatch();
  }
  if (rest != nullptr) {
    *rest = open_.unpacked != nullptr ? open_.unpacked->capacity() : 0;
    if (open_.to_come != nullptr) *rest += open_.header.size;
    for (size_t i = opened_; i < packed_.batches.size(); ++i) *rest += packed_.batches[i].size();
    if (open_.left > 0) {
      into.next = open_.header.base_offset + open_.last_delta + 1;
    } else if (opened_ < packed_.batches.size()) {
      into.next = open_.header.next_offset();
    }
  }
  into.byte_count = taken.byte_count + taken.records.size() * sizeof(RecordView);
  into.records = std::move(taken.records);
  into.headers = std::move(taken.headers);
  into.left_out = std::move(taken.left_out);
  into.bytes = std::make_shared<Owners>(std::move(owners));
  return {};
}

// Takes records of one broker batch, up to the limits or to the end of the decompressed bytes. Opens the next batch if
// none is open.
Status Unpacker::Take(RecordBatch& into, size_t records, size_t bytes) {
  if (open_.left == 0) {
    FRAZIL_RETURN_IF_ERROR(OpenBatch(packed_.batches[opened_++], bytes));
  } else if (open_.wanted > 0) {
    FRAZIL_RETURN_IF_ERROR(Refill(bytes));
  }
  const char* const begin = open_.at;
  const size_t room = bytes - std::min(bytes, into.byte_count);
  const char* const stop = static_cast<size_t>(open_.end - begin) <= room ? open_.end : begin + room;
  open_.passed = 0;
  const Walked walked = Walk(into, records, stop);
  if (!into.records.empty()) into.byte_count += static_cast<size_t>(open_.at - begin) - open_.passed;
  if (walked == Walked::kAsWanted || (walked == Walked::kNeedsMore && open_.to_come != nullptr)) return {};
  return Fail(ErrorKind::kCorrupt, "a record of it breaks the format");
}

Status Unpacker::OpenBatch(std::string_view batch, size_t most) {
  FRAZIL_ASSIGN_OR_RETURN(const auto header, ReadBatchHeader(batch));
  open_ = Open();
  open_.header = *header;
  if (packed_.check_crcs) FRAZIL_RETURN_IF_ERROR(CheckCrc(*header, batch));
  const std::string_view records = batch.substr(BatchHeader::kSize);
  const auto count = static_cast<size_t>(header->record_count);
  if (const auto codec = static_cast<Codec>(header->codec()); codec != Codec::kNone) {
    // The window may be as large as a record may be. 8 MiB is the least: compressors rely on it (RFC 8878, section
    // 3.1.1.1.2).
    const size_t most_window = std::max<size_t>(8 << 20, packed_.max_record_bytes);
    FRAZIL_ASSIGN_OR_RETURN(open_.to_come, Decompressor::Open(codec, records, most_window));
    open_.unpacked = std::make_shared<Bytes>();
    FRAZIL_RETURN_IF_ERROR(open_.to_come->Fill(*open_.unpacked, most));
    if (open_.to_come->ended()) open_.to_come.reset();
    open_.unpacked->Trim();
    open_.at = open_.unpacked->data();
    open_.end = open_.at + open_.unpacked->size();
    open_.owner = open_.unpacked;
  } else {
    open_.at = records.data();
    open_.end = open_.at + records.size();
    open_.owner = packed_.owner;
  }
  const auto here = static_cast<size_t>(open_.end - open_.at);
  if (open_.to_come == nullptr && count > here / kLeastRecord) {
    return Fail(ErrorKind::kCorrupt, "{} records cannot be in {} bytes", count, here);
  }
  open_.left = count;
  packed_.growth->Add(batch.size(), here + std::min(count, packed_.piece_records) * sizeof(RecordView));
  return {};
}

// Decompresses more after the bytes not yet taken, until there are `most` bytes, and at least open_.wanted.
Status Unpacker::Refill(size_t most) {
  // The block can be reused if no record in it was given to a caller.
  std::shared_ptr<Bytes> fresh = std::move(open_.unpacked);
  open_.owner.reset();
  const auto tail = static_cast<size_t>(open_.end - open_.at);
  most = std::max(most, open_.wanted);
  if (fresh.use_count() == 1) {
    std::copy_n(open_.at, tail, fresh->data());  // to the front
    fresh->Clear();
    fresh->Grow(tail);
  } else {
    auto other = std::make_shared<Bytes>();
    std::copy_n(open_.at, tail, other->Reserve(tail));
    other->Grow(tail);
    fresh = std::move(other);
  }
  const size_t before = fresh->size();
  fresh->Reserve(most - std::min(most, before));
  FRAZIL_RETURN_IF_ERROR(open_.to_come->Fill(*fresh, most));
  if (open_.to_come->ended()) {
    open_.to_come.reset();
    fresh->Trim();
  }
  open_.at = fresh->data();
  open_.end = open_.at + fresh->size();
  open_.owner = fresh;
  open_.unpacked = std::move(fresh);
  open_.wanted = 0;
  return {};
}

void Unpacker::CloseBatch() {
  open_.owner.reset();
  open_.unpacked.reset();
  open_.to_come.reset();
}

// Takes records until `into` has `records` of them, or a record ends at or after `stop`.
Unpacker::Walked Unpacker::Walk(RecordBatch& into, size_t records, const char* stop) {
  PassOver();
  while (true) {
    if (!WalkWhole(into, records, stop)) return Walked::kBroken;
    if (open_.left == 0) return Walked::kAsWanted;
    if (open_.at != open_.end && (open_.at >= stop || into.records.size() >= records)) return Walked::kAsWanted;
    if (const Walked walked = WalkOdd(into); walked != Walked::kAsWanted) return walked;
  }
}

// Takes records that are complete and not too long, as nearly all are. Stops at the first other record, and leaves
// open_.at there. False if a record is malformed.
bool Unpacker::WalkWhole(RecordBatch& into, size_t records, const char* stop) {
  const BatchHeader& header = open_.header;
  const char* const end = open_.end;
  const auto longest = static_cast<int64_t>(std::min<uint64_t>(packed_.max_record_bytes, INT64_MAX));
  const char* next = open_.at;
  int64_t last_delta = open_.last_delta;
  size_t left = open_.left;
  for (; left > 0 && next < stop && into.records.size() < records; --left) {
    int64_t size = 0, timestamp_delta = 0, offset_delta = 0;
    const char* at = ReadVarint(next, end, size);
    if (at == nullptr || size < 1 || size > end - at || size > longest) [[unlikely]]
      break;
    const char* const record_end = at + size;
    at = ReadVarlong(at + 1, record_end, timestamp_delta);  // behind the attributes, which mean nothing yet
    if (at == nullptr) return false;
    at = ReadVarint(at, record_end, offset_delta);
    if (at == nullptr || offset_delta <= last_delta || offset_delta > header.last_offset_delta) return false;
    last_delta = offset_delta;
    RecordView view;
    view.offset = header.base_offset + offset_delta;
    if (!SetTimestamp(header, timestamp_delta, view)) return false;
    at = ReadView(at, record_end, view.key);
    if (at == nullptr) return false;
    at = ReadView(at, record_end, view.value);
    if (at == nullptr) return false;
    if (view.offset >= packed_.from) {
      if (packed_.want_headers && ReadHeaders(at, record_end, into.headers, view) == nullptr) return false;
      into.records.push_back(view);
    }
    next = record_end;
  }
  open_.at = next;
  open_.last_delta = last_delta;
  open_.left = left;
  return true;
}

// Handles the record at open_.at, at which WalkWhole stopped: it is incomplete so far, or too long.
Unpacker::Walked Unpacker::WalkOdd(RecordBatch& into) {
  const auto here = static_cast<size_t>(open_.end - open_.at);
  const auto needs = [&](size_t bytes) {
    open_.wanted = bytes;
    return Walked::kNeedsMore;
  };
  int64_t announced = 0;
  const char* const at = ReadVarint(open_.at, open_.end, announced);
  if (at == nullptr) return here < kLongestVarint ? needs(kLongestVarint) : Walked::kBroken;
  if (announced < 1) return Walked::kBroken;
  const auto size = static_cast<size_t>(announced);
  const auto length = static_cast<size_t>(at - open_.at);
  if (size <= packed_.max_record_bytes) return size <= here - length ? Walked::kBroken : needs(length + size);

  constexpr size_t kFront = 64 << 10;  // most keys end within it
  const size_t front = std::min(size, kFront);
  if (here - length < front) return needs(length + front);
  const char* const front_end = at + front;
  int64_t timestamp_delta = 0, offset_delta = 0;
  const char* part = ReadVarlong(at + 1, front_end, timestamp_delta);
  if (part == nullptr) return Walked::kBroken;
  part = ReadVarint(part, front_end, offset_delta);
  if (part == nullptr || offset_delta <= open_.last_delta || offset_delta > open_.header.last_offset_delta) {
    return Walked::kBroken;
  }
  RecordView view;
  view.offset = open_.header.base_offset + offset_delta;
  if (!SetTimestamp(open_.header, timestamp_delta, view)) return Walked::kBroken;
  if (ReadView(part, front_end, view.key) == nullptr) view.key = {};  // the key is longer than the front
  if (view.offset >= packed_.from) {
    into.records.push_back(view);
    into.left_out.push_back({view.offset, size, packed_.max_record_bytes});
  }
  open_.last_delta = offset_delta;
  --open_.left;
  open_.at = at;
  open_.pass_over = size;
  PassOver();
  return open_.pass_over > 0 ? needs(1) : Walked::kAsWanted;
}

// Skips the rest of a left-out record, as far as it is decompressed.
void Unpacker::PassOver() {
  const size_t here = std::min(open_.pass_over, static_cast<size_t>(open_.end - open_.at));
  open_.pass_over -= here;
  open_.at += here;
  open_.passed += here;
}

}  // namespace frazil::source::kafka
