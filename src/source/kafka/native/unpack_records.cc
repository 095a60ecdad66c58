#include "source/kafka/native/unpack_records.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "source/kafka/errors.h"
#include "source/kafka/native/crc32c.h"
#include "source/kafka/native/decompress.h"
#include "source/kafka/native/varint.h"

namespace frazil::source::kafka {
namespace {

using record::HeaderView;
using record::RecordBatch;
using record::RecordView;

constexpr size_t kCrcEnd = 21;
constexpr size_t kLeastRecord = 7;  // bytes, its length included

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

// What owns the bytes of a piece: the answer where records lie in it, and what packed batches unpack to.
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
    const Status done = Take(taken, most_records, most_bytes);
    if (!done) {
      return Wrap(done.error(),
                  fmt::format("{}: the record batch at offset {}", Describe(into.source), open_.header.base_offset));
    }
    if (owners.empty() || owners.back() != open_.owner) owners.push_back(open_.owner);
    // The next one would be unpacked beside a large one that had to stay.
    const bool outgrown = open_.left == 0 && open_.unpacked >= most_bytes;
    full =
        !taken.records.empty() && (taken.records.size() >= most_records || taken.byte_count >= most_bytes || outgrown);
  }
  if (rest != nullptr) {
    *rest = open_.left > 0 ? open_.unpacked : 0;
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
  into.bytes = std::make_shared<Owners>(std::move(owners));
  if (open_.left == 0) open_.owner.reset();
  return {};
}

// Records of one of the broker's batches, opened first if none is, up to the bounds.
Status Unpacker::Take(RecordBatch& into, size_t records, size_t bytes) {
  if (open_.left == 0) FRAZIL_RETURN_IF_ERROR(OpenBatch(packed_.batches[opened_++]));
  const auto before = static_cast<size_t>(open_.end - open_.at);
  const char* const stop = before <= bytes - into.byte_count ? open_.end : open_.at + (bytes - into.byte_count);
  if (!Walk(into, records, stop)) return Fail(ErrorKind::kCorrupt, "a record of it breaks the format");
  if (!into.records.empty()) into.byte_count += before - static_cast<size_t>(open_.end - open_.at);
  return {};
}

Status Unpacker::OpenBatch(std::string_view batch) {
  FRAZIL_ASSIGN_OR_RETURN(const auto header, ReadBatchHeader(batch));
  open_ = Open();
  open_.header = *header;
  if (packed_.check_crcs) FRAZIL_RETURN_IF_ERROR(CheckCrc(*header, batch));
  std::string_view records = batch.substr(BatchHeader::kSize);
  if (const auto codec = static_cast<Codec>(header->codec()); codec != Codec::kNone) {
    auto unpacked = std::make_shared<Bytes>();
    FRAZIL_RETURN_IF_ERROR(Decompress(codec, records, *unpacked));
    unpacked->Trim();
    records = unpacked->view();
    open_.unpacked = records.size();
    open_.owner = std::move(unpacked);
  } else {
    open_.owner = packed_.owner;
  }
  const auto count = static_cast<size_t>(header->record_count);
  if (count > records.size() / kLeastRecord) {
    return Fail(ErrorKind::kCorrupt, "{} records cannot be in {} bytes", count, records.size());
  }
  open_.at = records.data();
  open_.end = open_.at + records.size();
  open_.left = count;
  packed_.growth->Add(batch.size(), records.size() + count * sizeof(RecordView));
  return {};
}

// Until `into` has as many records, or one ends at `stop` or behind it.
bool Unpacker::Walk(RecordBatch& into, size_t records, const char* stop) {
  const BatchHeader& header = open_.header;
  const char* at = open_.at;
  const char* const end = open_.end;
  int64_t last_delta = open_.last_delta;
  size_t left = open_.left;
  for (; left > 0 && at < stop && into.records.size() < records; --left) {
    int64_t size = 0, timestamp_delta = 0, offset_delta = 0;
    at = ReadVarint(at, end, size);
    if (at == nullptr || size < 1 || size > end - at) return false;
    const char* const record_end = at + size;
    at = ReadVarlong(at + 1, record_end, timestamp_delta);  // behind the attributes, which mean nothing yet
    if (at == nullptr) return false;
    at = ReadVarint(at, record_end, offset_delta);
    if (at == nullptr || offset_delta <= last_delta || offset_delta > header.last_offset_delta) return false;
    last_delta = offset_delta;
    RecordView view;
    view.offset = header.base_offset + offset_delta;
    if (header.log_append_time()) {
      view.timestamp_ms = header.max_timestamp;
    } else if (__builtin_add_overflow(header.base_timestamp, timestamp_delta, &view.timestamp_ms)) {
      return false;
    }
    at = ReadView(at, record_end, view.key);
    if (at == nullptr) return false;
    at = ReadView(at, record_end, view.value);
    if (at == nullptr) return false;
    if (view.offset >= packed_.from) {
      if (packed_.want_headers && ReadHeaders(at, record_end, into.headers, view) == nullptr) return false;
      into.records.push_back(view);
    }
    at = record_end;
  }
  // Where the bytes end before the records do.
  if (left > 0 && at == end) return false;
  open_.at = at;
  open_.last_delta = last_delta;
  open_.left = left;
  return true;
}

}  // namespace frazil::source::kafka
