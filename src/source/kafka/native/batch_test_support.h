// Writes record batches as a producer does. For tests and fuzz seeds.
#pragma once

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <optional>
#include <string>
#include <vector>

#include "source/kafka/native/crc32c.h"
#include "source/kafka/native/decompress.h"
#include "source/kafka/native/record_batch.h"
#include "source/kafka/native/unpack_records.h"
#include "source/kafka/native/wire.h"

namespace frazil::source::kafka::testing {

struct SentRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  int64_t offset_delta = -1;  // -1: the next
  int64_t timestamp_delta = 0;
};

struct SentBatch {
  int64_t base_offset = 0;
  std::vector<SentRecord> records;
  Codec codec = Codec::kNone;
  bool transactional = false;
  bool control = false;
  bool log_append_time = false;
  int64_t producer_id = -1;
  int64_t base_timestamp = 1'700'000'000'000;
  int32_t leader_epoch = 7;
  int32_t last_offset_delta = -1;  // -1: the last record's
};

inline void PutVarlong(std::string& out, int64_t value) {
  auto raw = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (; raw >= 0x80; raw >>= 7) out.push_back(static_cast<char>(raw | 0x80));
  out.push_back(static_cast<char>(raw));
}

inline void PutView(std::string& out, const std::optional<std::string>& view) {
  PutVarlong(out, view ? static_cast<int64_t>(view->size()) : -1);
  if (view) out += *view;
}

inline std::string Pack(Codec codec, const std::string& bytes) {
  std::string out;
  switch (codec) {
    case Codec::kNone:
      return bytes;
    case Codec::kSnappy:
      snappy::Compress(bytes.data(), bytes.size(), &out);
      return out;
    case Codec::kLz4:
      out.resize(LZ4F_compressFrameBound(bytes.size(), nullptr));
      out.resize(LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), nullptr));
      return out;
    case Codec::kZstd:
      out.resize(ZSTD_compressBound(bytes.size()));
      out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
      return out;
    case Codec::kGzip:
      break;
  }
  constexpr int kGzip = 16;
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY);
  out.resize(deflateBound(&stream, bytes.size()) + 32);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string WriteBatch(const SentBatch& batch) {
  std::string records;
  int64_t next_delta = 0;
  for (const auto& sent : batch.records) {
    const int64_t delta = sent.offset_delta >= 0 ? sent.offset_delta : next_delta;
    next_delta = delta + 1;
    std::string one(1, '\0');
    PutVarlong(one, sent.timestamp_delta);
    PutVarlong(one, delta);
    PutView(one, sent.key);
    PutView(one, sent.value);
    PutVarlong(one, static_cast<int64_t>(sent.headers.size()));
    for (const auto& [key, value] : sent.headers) {
      PutView(one, key);
      PutView(one, value);
    }
    PutVarlong(records, static_cast<int64_t>(one.size()));
    records += one;
  }
  WireWriter behind_crc;
  behind_crc.Int16(static_cast<int16_t>(static_cast<int>(batch.codec) | (batch.log_append_time ? 0x08 : 0) |
                                        (batch.transactional ? 0x10 : 0) | (batch.control ? 0x20 : 0)));
  behind_crc.Int32(batch.last_offset_delta >= 0 ? batch.last_offset_delta : static_cast<int32_t>(next_delta - 1));
  behind_crc.Int64(batch.base_timestamp);
  behind_crc.Int64(batch.base_timestamp + 1000);
  behind_crc.Int64(batch.producer_id);
  behind_crc.Int16(0);
  behind_crc.Int32(0);
  behind_crc.Int32(static_cast<int32_t>(batch.records.size()));
  const std::string rest = behind_crc.bytes() + Pack(batch.codec, records);
  WireWriter front;
  front.Int64(batch.base_offset);
  front.Int32(static_cast<int32_t>(9 + rest.size()));
  front.Int32(batch.leader_epoch);
  front.Int8(2);
  front.Int32(static_cast<int32_t>(Crc32c(rest)));
  return front.bytes() + rest;
}

// The control batch that ends a transaction.
inline SentBatch Marker(int64_t offset, int64_t producer_id, bool commit) {
  SentBatch batch;
  batch.base_offset = offset;
  batch.transactional = batch.control = true;
  batch.producer_id = producer_id;
  batch.records = {{std::string("\0\0\0", 3) + (commit ? '\1' : '\0'), std::string(6, '\0'), {}, -1, 0}};
  return batch;
}

// `bytes` in memory of its own, followed by the record::kSpareBytes that the parser requires.
inline FetchedBatches Fetched(const std::string& bytes, int64_t from = 0) {
  auto copy = std::make_shared<Bytes>();
  std::copy(bytes.begin(), bytes.end(), copy->Reserve(bytes.size()));
  copy->Grow(bytes.size());
  return {{"t", 0}, from, copy->view(), copy, {}, std::make_shared<Growth>()};
}

// Parses batches and unpacks all their records.
inline Status ParseAndUnpack(FetchedBatches fetched, const ParseOptions& options,
                             std::vector<record::RecordBatch>& out) {
  const Status parsed = ParseBatches(std::move(fetched), options, out);
  for (auto& batch : out) FRAZIL_RETURN_IF_ERROR(batch.Unpack());
  return parsed;
}

}  // namespace frazil::source::kafka::testing
