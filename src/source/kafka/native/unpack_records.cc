#include "source/kafka/native/unpack_records.h"

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

// What owns the bytes of one batch that is given out: the answer itself where records lie in it, and what packed parts
// of it unpack to.
struct Owners {
  std::shared_ptr<const void> answer;
  std::vector<Bytes> unpacked;
};

class Unpacker {
 public:
  explicit Unpacker(const PackedBatches& packed) : packed_(packed) { records_.reserve(packed.count); }

  Status Take(const BatchHeader& header, std::string_view batch) {
    if (packed_.check_crcs) FRAZIL_RETURN_IF_ERROR(CheckCrc(header, batch));
    std::string_view records = batch.substr(BatchHeader::kSize);
    if (const auto codec = static_cast<Codec>(header.codec()); codec != Codec::kNone) {
      Bytes unpacked;
      FRAZIL_RETURN_IF_ERROR(Decompress(codec, records, unpacked));
      unpacked.Trim();
      records = unpacked.view();
      owners_.unpacked.push_back(std::move(unpacked));
    } else {
      owners_.answer = packed_.owner;
    }
    const auto count = static_cast<size_t>(header.record_count);
    if (count > records.size() / kLeastRecord) {
      return Fail(ErrorKind::kCorrupt, "{} records cannot be in {} bytes", count, records.size());
    }
    bytes_ += records.size();
    if (!Walk(header, records, count)) return Fail(ErrorKind::kCorrupt, "a record of it breaks the format");
    return {};
  }

  void Give(RecordBatch& into) {
    into.byte_count = bytes_ + records_.size() * sizeof(RecordView);
    into.records = std::move(records_);
    into.headers = std::move(headers_);
    into.bytes = std::make_shared<Owners>(std::move(owners_));
  }

 private:
  bool Walk(const BatchHeader& header, std::string_view bytes, size_t count) {
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
      if (view.offset >= packed_.from) {
        if (packed_.want_headers && ReadHeaders(at, record_end, headers_, view) == nullptr) return false;
        records_.push_back(view);
      }
      at = record_end;
    }
    return true;
  }

  const PackedBatches& packed_;
  std::vector<RecordView> records_;
  std::vector<HeaderView> headers_;
  Owners owners_;
  size_t bytes_ = 0;
};

}  // namespace

Status CheckCrc(const BatchHeader& header, std::string_view batch) {
  if (Crc32c(batch.substr(kCrcEnd)) == header.crc) return {};
  return Fail(ErrorKind::kCorrupt, "its checksum is wrong: it was damaged on the broker's disk or on its way");
}

Status UnpackRecords(const PackedBatches& packed, RecordBatch& into) {
  Unpacker unpacker(packed);
  size_t sent = 0;
  for (const std::string_view batch : packed.batches) {
    FRAZIL_ASSIGN_OR_RETURN(const auto header, ReadBatchHeader(batch));
    if (const Status taken = unpacker.Take(*header, batch); !taken) {
      return Wrap(taken.error(),
                  fmt::format("{}: the record batch at offset {}", Describe(into.source), header->base_offset));
    }
    sent += batch.size();
  }
  unpacker.Give(into);
  packed.growth->Add(sent, into.byte_count);
  return {};
}

}  // namespace frazil::source::kafka
