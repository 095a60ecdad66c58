#include "source/kafka/native/record_batch.h"

#include <algorithm>
#include <unordered_set>

#include "source/kafka/native/crc32c.h"
#include "source/kafka/native/decompress.h"
#include "source/kafka/native/wire.h"

namespace frazil::source::kafka {
namespace {

using record::HeaderView;
using record::RecordBatch;
using record::RecordView;

constexpr size_t kLengthEnd = 12;  // base offset and length: the length counts what is behind it
constexpr size_t kMagicAt = 16;
constexpr size_t kCrcEnd = 21;
constexpr int8_t kMagic = 2;
constexpr size_t kLeastRecord = 7;  // bytes, its length included
constexpr int16_t kAbortMarker = 0;

// Zigzag varints. Reading past `end` gives nullptr; the bytes behind are readable, but not ours.
inline const char* ReadVarlong(const char* at, const char* end, int64_t& value) {
  uint64_t raw = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at >= end) return nullptr;
    const auto byte = static_cast<uint8_t>(*at++);
    raw |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
      return at;
    }
  }
  return nullptr;
}

inline const char* ReadVarint(const char* at, const char* end, int64_t& value) {
  // Lengths and deltas of one byte are most of them.
  if (at < end && static_cast<uint8_t>(*at) < 0x80) {
    const auto raw = static_cast<uint8_t>(*at);
    value = (raw >> 1) ^ -(raw & 1);
    return at + 1;
  }
  return ReadVarlong(at, end, value);
}

// A length and as many bytes; -1 is null.
inline const char* ReadView(const char* at, const char* end, std::string_view& view) {
  int64_t size = 0;
  at = ReadVarint(at, end, size);
  if (at == nullptr || size > end - at) return nullptr;
  if (size < 0) return at;
  view = std::string_view(at, static_cast<size_t>(size));
  return at + size;
}

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

// What owns the bytes of one batch that is given out: the answer itself where records lie in it, and what packed parts
// of it unpack to.
struct Owners {
  std::shared_ptr<const void> answer;
  std::vector<Bytes> unpacked;
};

class Parser {
 public:
  Parser(FetchedBatches fetched, const ParseOptions& options, std::vector<RecordBatch>& out)
      : fetched_(std::move(fetched)), options_(options), out_(out), next_(fetched_.from) {
    std::sort(fetched_.aborted.begin(), fetched_.aborted.end(),
              [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  }

  Status Run() {
    std::string_view rest = fetched_.bytes;
    for (;;) {
      FRAZIL_ASSIGN_OR_RETURN(const auto header, ReadBatchHeader(rest));
      if (!header) break;
      if (header->next_offset() > fetched_.from) {
        if (records_.capacity() == 0) records_.reserve(RecordsAhead(rest));
        if (auto done = Take(*header, rest.substr(0, header->size)); !done) {
          Close();
          return Wrap(done.error(), fmt::format("the record batch at offset {}", header->base_offset));
        }
      }
      rest.remove_prefix(header->size);
    }
    Close();
    return {};
  }

 private:
  // How many records the batch given out next will about have.
  size_t RecordsAhead(std::string_view rest) const {
    size_t records = 0, bytes = 0;
    while (records < options_.records && bytes < options_.bytes) {
      const auto header = ReadBatchHeader(rest);
      if (!header || !*header) break;
      // Counts are not believed beyond what the bytes of the answer can hold unpacked.
      records += std::min(static_cast<size_t>((*header)->record_count), (*header)->size);
      bytes += (*header)->size;
      rest.remove_prefix((*header)->size);
    }
    return records;
  }

  Status Take(const BatchHeader& header, std::string_view bytes) {
    if (header.base_offset < last_end_) return Fail(ErrorKind::kCorrupt, "it begins before the one before it ends");
    last_end_ = header.next_offset();
    if (options_.check_crcs && Crc32c(bytes.substr(kCrcEnd)) != header.crc) {
      return Fail(ErrorKind::kCorrupt, "its checksum is wrong: it was damaged on the broker's disk or on its way");
    }
    if (Visible(header, bytes)) FRAZIL_RETURN_IF_ERROR(TakeRecords(header, bytes));
    next_ = header.next_offset();
    epoch_ = header.leader_epoch;
    pending_ = true;
    if (open_ && (records_.size() >= options_.records || held_ >= options_.bytes)) Close();
    return {};
  }

  // Follows the transactions that `fetched_.aborted` tells of, whose end markers are among the control batches.
  bool Visible(const BatchHeader& header, std::string_view bytes) {
    if (options_.read_committed && header.producer_id >= 0) {
      while (aborted_read_ < fetched_.aborted.size() &&
             fetched_.aborted[aborted_read_].first_offset < header.next_offset()) {
        aborting_.insert(fetched_.aborted[aborted_read_++].producer_id);
      }
      if (header.control()) {
        if (IsAbortMarker(bytes.substr(BatchHeader::kSize))) aborting_.erase(header.producer_id);
      } else if (header.transactional() && aborting_.contains(header.producer_id)) {
        return false;
      }
    }
    return !header.control() && header.record_count > 0;
  }

  // Control batches are never packed; their one record's key is version and type, two bytes each.
  static bool IsAbortMarker(std::string_view records) {
    const char* at = records.data();
    const char* const end = at + records.size();
    int64_t size = 0, timestamp = 0, offset = 0;
    std::string_view key;
    at = ReadVarint(at, end, size);
    if (at == nullptr || at == end) return false;
    at = ReadVarlong(at + 1, end, timestamp);
    if (at == nullptr) return false;
    at = ReadVarint(at, end, offset);
    if (at == nullptr || ReadView(at, end, key) == nullptr || key.size() < 4) return false;
    return LoadBigEndian<int16_t>(key.data() + 2) == kAbortMarker;
  }

  Status TakeRecords(const BatchHeader& header, std::string_view bytes) {
    if (header.codec() >= kCodecs) return Fail(ErrorKind::kUnsupported, "codec {} is unknown", header.codec());
    std::string_view records = bytes.substr(BatchHeader::kSize);
    if (const auto codec = static_cast<Codec>(header.codec()); codec != Codec::kNone) {
      Bytes unpacked;
      FRAZIL_RETURN_IF_ERROR(Decompress(codec, records, unpacked));
      unpacked.Trim();
      records = unpacked.view();
      owners_.unpacked.push_back(std::move(unpacked));
    } else {
      owners_.answer = fetched_.owner;
    }
    const auto count = static_cast<size_t>(header.record_count);
    if (count > records.size() / kLeastRecord) {
      return Fail(ErrorKind::kCorrupt, "{} records cannot be in {} bytes", count, records.size());
    }
    open_ = true;
    held_ += records.size() + count * sizeof(RecordView);
    const size_t before = records_.size();
    if (!WalkRecords(header, records, count)) {
      records_.resize(before);
      return Fail(ErrorKind::kCorrupt, "a record of it breaks the format");
    }
    return {};
  }

  bool WalkRecords(const BatchHeader& header, std::string_view bytes, size_t count) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    int64_t last_delta = -1;
    for (size_t i = 0; i < count; ++i) {
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
      if (view.offset >= fetched_.from) {
        if (options_.want_headers && ReadHeaders(at, record_end, headers_, view) == nullptr) return false;
        records_.push_back(view);
      }
      at = record_end;
    }
    return true;
  }

  // Gives out what was taken since the last time.
  void Close() {
    if (!pending_ || next_ <= first_given()) return;
    RecordBatch& batch = out_.emplace_back();
    batch.source = fetched_.source;
    batch.first = first_given();
    batch.next = next_;
    batch.leader_epoch = epoch_;
    batch.records = std::move(records_);
    batch.headers = std::move(headers_);
    batch.byte_count = held_;
    if (!batch.records.empty()) batch.bytes = std::make_shared<Owners>(std::move(owners_));
    given_ = next_;
    records_ = {};
    headers_ = {};
    owners_ = {};
    held_ = 0;
    pending_ = open_ = false;
  }

  int64_t first_given() const { return std::max(given_, fetched_.from); }

  FetchedBatches fetched_;
  const ParseOptions& options_;
  std::vector<RecordBatch>& out_;
  int64_t next_;
  int64_t given_ = 0;     // below it, all is in out_
  int64_t last_end_ = 0;  // of the broker's batch before this one
  int32_t epoch_ = -1;
  bool pending_ = false;  // something moved since the last batch was given out
  bool open_ = false;
  size_t aborted_read_ = 0;
  std::unordered_set<int64_t> aborting_;  // producers whose transaction under way was aborted

  // Of the batch to be given out next.
  std::vector<RecordView> records_;
  std::vector<HeaderView> headers_;
  Owners owners_;
  size_t held_ = 0;
};

}  // namespace

Result<std::optional<BatchHeader>> ReadBatchHeader(std::string_view bytes) {
  if (bytes.size() <= kMagicAt) return std::nullopt;
  BatchHeader header;
  header.base_offset = LoadBigEndian<int64_t>(bytes.data());
  const auto length = LoadBigEndian<int32_t>(bytes.data() + 8);
  const auto magic = static_cast<int8_t>(bytes[kMagicAt]);
  if (magic != kMagic) {
    if (magic == 0 || magic == 1) {
      return Fail(ErrorKind::kUnsupported,
                  "the record batch at offset {} has the format of Kafka before 0.11. Say 'fetch: librdkafka' for this "
                  "source, which reads it",
                  header.base_offset);
    }
    return Fail(ErrorKind::kCorrupt, "the record batch at offset {} has the unknown format {}", header.base_offset,
                magic);
  }
  if (length < static_cast<int32_t>(BatchHeader::kSize - kLengthEnd) || header.base_offset < 0) {
    return Fail(ErrorKind::kCorrupt, "a record batch at offset {} of {} bytes cannot be", header.base_offset, length);
  }
  header.size = kLengthEnd + static_cast<size_t>(length);
  if (bytes.size() < header.size) return std::nullopt;
  WireReader reader(bytes.substr(kLengthEnd, BatchHeader::kSize - kLengthEnd));
  header.leader_epoch = reader.Int32();
  reader.Int8();  // magic
  header.crc = static_cast<uint32_t>(reader.Int32());
  header.attributes = reader.Int16();
  header.last_offset_delta = reader.Int32();
  header.base_timestamp = reader.Int64();
  header.max_timestamp = reader.Int64();
  header.producer_id = reader.Int64();
  reader.Int16();  // producer epoch
  reader.Int32();  // base sequence
  header.record_count = reader.Int32();
  int64_t next = 0;
  if (header.last_offset_delta < 0 || header.record_count < 0 ||
      __builtin_add_overflow(header.base_offset, int64_t{header.last_offset_delta} + 1, &next)) {
    return Fail(ErrorKind::kCorrupt, "the record batch at offset {} counts {} records up to {} further",
                header.base_offset, header.record_count, header.last_offset_delta);
  }
  return header;
}

Result<BatchesEnd> EndOfBatches(std::string_view bytes, int64_t from) {
  BatchesEnd end{from, -1};
  for (;;) {
    FRAZIL_ASSIGN_OR_RETURN(const auto header, ReadBatchHeader(bytes));
    if (!header) return end;
    if (header->next_offset() > end.next) end = {header->next_offset(), header->leader_epoch};
    bytes.remove_prefix(header->size);
  }
}

Status ParseBatches(FetchedBatches fetched, const ParseOptions& options, std::vector<RecordBatch>& out) {
  return Parser(std::move(fetched), options, out).Run();
}

}  // namespace frazil::source::kafka
