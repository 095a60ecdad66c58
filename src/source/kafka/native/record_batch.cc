#include "source/kafka/native/record_batch.h"

#include <algorithm>
#include <unordered_set>

#include "source/kafka/native/decompress.h"
#include "source/kafka/native/unpack_records.h"
#include "source/kafka/native/varint.h"
#include "source/kafka/native/wire.h"

namespace frazil::source::kafka {
namespace {

using record::RecordBatch;
using record::RecordView;

constexpr size_t kLengthEnd = 12;  // base offset and length: the length counts what is behind it
constexpr size_t kMagicAt = 16;
constexpr int8_t kMagic = 2;
constexpr int16_t kAbortMarker = 0;
// A RecordBatch usually exceeds its limits a little, and that rest is not worth a piece of its own. So a piece may be
// this many times as long.
constexpr size_t kBatchesInAPiece = 2;

// A control batch is never compressed. The key of its only record is a version and a type, two bytes each.
bool IsAbortMarker(std::string_view records) {
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

// The offset and timestamp of a batch's only record. `records` is the beginning of the record.
Result<RecordView> ReadCutRecord(const BatchHeader& header, std::string_view records) {
  constexpr size_t kFront = 64;  // holds the record's length, timestamp and offset
  Bytes front;
  if (header.codec() >= kCodecs) return Fail(ErrorKind::kUnsupported, "codec {} is unknown", header.codec());
  FRAZIL_ASSIGN_OR_RETURN(const auto unpacked,
                          Decompressor::Open(static_cast<Codec>(header.codec()), records, 8 << 20));
  // If even these numbers cannot be decompressed from the beginning, the last offset of the batch is assumed. It is
  // right unless compaction removed records.
  int64_t size = 0, timestamp_delta = 0, offset_delta = header.last_offset_delta;
  if (unpacked->Fill(front, kFront)) {
    const char* const end = front.data() + front.size();
    const char* at = front.size() == 0 ? nullptr : ReadVarint(front.data(), end, size);
    if (at != nullptr && at < end) at = ReadVarlong(at + 1, end, timestamp_delta);
    if (at != nullptr) at = ReadVarint(at, end, offset_delta);
    if (at == nullptr || offset_delta < 0 || offset_delta > header.last_offset_delta) {
      return Fail(ErrorKind::kCorrupt, "a record of it breaks the format");
    }
  }
  RecordView view;
  view.offset = header.base_offset + offset_delta;
  if (header.log_append_time()) {
    view.timestamp_ms = header.max_timestamp;
  } else if (__builtin_add_overflow(header.base_timestamp, timestamp_delta, &view.timestamp_ms)) {
    return Fail(ErrorKind::kCorrupt, "a timestamp of it does not fit 64 bits");
  }
  return view;
}

class Parser {
 public:
  Parser(FetchedBatches fetched, const ParseOptions& options, std::vector<RecordBatch>& out)
      : fetched_(std::move(fetched)), options_(options), out_(out), next_(fetched_.from) {
    std::sort(fetched_.aborted.begin(), fetched_.aborted.end(),
              [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  }

  Status Run() {
    const Status read = ReadAll();
    Close();
    return read;
  }

 private:
  Status ReadAll() {
    std::string_view rest = fetched_.bytes;
    for (;;) {
      FRAZIL_ASSIGN_OR_RETURN(const auto header, ReadBatchHeader(rest));
      if (!header) return fetched_.is_cut && rest.size() == fetched_.bytes.size() ? TakeCut() : Status();
      if (header->next_offset() > fetched_.from) {
        if (const Status taken = Take(*header, rest.substr(0, header->size)); !taken) {
          return Wrap(taken.error(), fmt::format("the record batch at offset {}", header->base_offset));
        }
      }
      rest.remove_prefix(header->size);
    }
  }

  Status Take(const BatchHeader& header, std::string_view batch) {
    if (header.base_offset < last_end_) return Fail(ErrorKind::kCorrupt, "it begins before the one before it ends");
    last_end_ = header.next_offset();
    // The checksum of other batches is checked when they are unpacked.
    if (options_.check_crcs && header.control()) FRAZIL_RETURN_IF_ERROR(CheckCrc(header, batch));
    if (Visible(header, batch)) {
      if (header.codec() >= kCodecs) return Fail(ErrorKind::kUnsupported, "codec {} is unknown", header.codec());
      wanted_.push_back(batch);
      // A count larger than the bytes is not believed. It only reserves room.
      count_ += std::min(static_cast<size_t>(header.record_count), batch.size());
      bytes_ += batch.size();
    } else if (options_.check_crcs && !header.control()) {
      FRAZIL_RETURN_IF_ERROR(CheckCrc(header, batch));
    }
    next_ = header.next_offset();
    epoch_ = header.leader_epoch;
    pending_ = true;
    if (count_ >= options_.records || Guess() >= options_.bytes) Close();
    return {};
  }

  // Takes an incomplete first batch, which alone is larger than an answer may be. Its header gives its size. Its
  // checksum cannot be checked.
  Status TakeCut() {
    FRAZIL_ASSIGN_OR_RETURN(const auto header, PeekBatchHeader(fetched_.bytes));
    if (!header) return Fail(ErrorKind::kCorrupt, "an answer of the broker holds no record batch");
    last_end_ = header->next_offset();
    RecordBatch& batch = out_.emplace_back();
    batch.source = fetched_.source;
    batch.first = first_given();
    batch.next = given_ = next_ = header->next_offset();
    batch.leader_epoch = header->leader_epoch;
    if (!Visible(*header, fetched_.bytes)) return {};
    if (header->record_count != 1) {
      out_.pop_back();
      return Fail(ErrorKind::kUnsupported,
                  "the record batch at offset {} holds {} records in {} bytes, more than may be held at a time: a "
                  "quarter of memory_limit_mb, and receive.message.max.bytes of the source's properties. Raise them",
                  header->base_offset, header->record_count, header->size);
    }
    batch.bytes = fetched_.owner;
    const auto front = ReadCutRecord(*header, fetched_.bytes.substr(BatchHeader::kSize));
    if (!front) return Wrap(front.error(), fmt::format("the record batch at offset {}", header->base_offset));
    if (front->offset < fetched_.from) return {};
    batch.records.push_back(*front);
    batch.left_out.push_back({front->offset, header->size - BatchHeader::kSize, options_.max_record_bytes});
    return {};
  }

  // True if readers see the records of this batch. Keeps track of aborted transactions, which `fetched_.aborted` lists
  // and control batches end.
  bool Visible(const BatchHeader& header, std::string_view batch) {
    if (options_.read_committed && header.producer_id >= 0) {
      while (aborted_read_ < fetched_.aborted.size() &&
             fetched_.aborted[aborted_read_].first_offset < header.next_offset()) {
        aborting_.insert(fetched_.aborted[aborted_read_++].producer_id);
      }
      if (header.control()) {
        if (IsAbortMarker(batch.substr(BatchHeader::kSize))) aborting_.erase(header.producer_id);
      } else if (header.transactional() && aborting_.contains(header.producer_id)) {
        return false;
      }
    }
    return !header.control() && header.record_count > 0;
  }

  // An estimate of the memory that the records will take.
  size_t Guess() const { return static_cast<size_t>(static_cast<double>(bytes_) * fetched_.growth->rate()); }

  // Appends to out_ what was taken since the last call.
  void Close() {
    if (!pending_ || next_ <= first_given()) return;
    RecordBatch& batch = out_.emplace_back();
    batch.source = fetched_.source;
    batch.first = first_given();
    batch.next = next_;
    batch.leader_epoch = epoch_;
    batch.byte_count = Guess();
    if (!wanted_.empty()) {
      batch.packed_count = count_;
      auto unpacker = std::make_shared<Unpacker>(
          PackedBatches{fetched_.from, std::move(wanted_), fetched_.owner, fetched_.growth, count_,
                        kBatchesInAPiece * options_.records, kBatchesInAPiece * options_.bytes,
                        options_.max_record_bytes, options_.want_headers, options_.check_crcs});
      batch.unpack = [unpacker = std::move(unpacker)](RecordBatch& into, size_t* rest) {
        return unpacker->Next(into, rest);
      };
    }
    given_ = next_;
    wanted_ = {};
    count_ = bytes_ = 0;
    pending_ = false;
  }

  int64_t first_given() const { return std::max(given_, fetched_.from); }

  FetchedBatches fetched_;
  const ParseOptions& options_;
  std::vector<RecordBatch>& out_;
  int64_t next_;
  int64_t given_ = 0;     // out_ covers everything below it
  int64_t last_end_ = 0;  // the end of the previous broker batch
  int32_t epoch_ = -1;
  bool pending_ = false;  // something was taken since the last Close
  size_t aborted_read_ = 0;
  std::unordered_set<int64_t> aborting_;  // producers whose current transaction was aborted

  // The broker batches that the next Close covers.
  std::vector<std::string_view> wanted_;
  size_t count_ = 0;  // of records
  size_t bytes_ = 0;
};

}  // namespace

Result<std::optional<BatchHeader>> ReadBatchHeader(std::string_view bytes) {
  auto header = PeekBatchHeader(bytes);
  if (header && *header && bytes.size() < (*header)->size) return std::nullopt;
  return header;
}

Result<std::optional<BatchHeader>> PeekBatchHeader(std::string_view bytes) {
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
  if (bytes.size() < BatchHeader::kSize) return std::nullopt;
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
      __builtin_add_overflow(header.base_offset, int64_t{header.last_offset_delta} + 1, &next) ||
      next > record::kLargestOffset) {
    return Fail(ErrorKind::kCorrupt, "the record batch at offset {} counts {} records up to {} further",
                header.base_offset, header.record_count, header.last_offset_delta);
  }
  return header;
}

Result<BatchesEnd> EndOfBatches(std::string_view bytes, int64_t from, bool is_cut) {
  BatchesEnd end{from, -1};
  if (is_cut) {
    FRAZIL_ASSIGN_OR_RETURN(const auto first, PeekBatchHeader(bytes));
    if (first && first->next_offset() > from) end = {first->next_offset(), first->leader_epoch};
  }
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
