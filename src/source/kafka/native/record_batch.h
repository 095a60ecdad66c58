// Record batches of format v2 (kafka.apache.org/documentation, "Record Batch"), parsed without copying.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::source::kafka {

// The fixed header of a record batch, 61 bytes.
struct BatchHeader {
  static constexpr size_t kSize = 61;

  int64_t base_offset = 0;
  size_t size = 0;  // of the whole batch, with this header
  int32_t leader_epoch = -1;
  uint32_t crc = 0;  // of everything after this field
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  int64_t base_timestamp = -1;
  int64_t max_timestamp = -1;
  int64_t producer_id = -1;
  int32_t record_count = 0;

  int64_t next_offset() const { return base_offset + last_offset_delta + 1; }
  uint8_t codec() const { return attributes & 0x07; }
  bool log_append_time() const { return (attributes & 0x08) != 0; }
  bool transactional() const { return (attributes & 0x10) != 0; }
  bool control() const { return (attributes & 0x20) != 0; }
};

// Reads the header of the batch at the beginning of `bytes`. nullopt if the batch is incomplete, as at the end of an
// answer. kCorrupt if it is malformed; kUnsupported for the formats before Kafka 0.11.
Result<std::optional<BatchHeader>> ReadBatchHeader(std::string_view bytes);

// Like ReadBatchHeader, but the rest of the batch may be missing. nullopt only if the header is incomplete.
Result<std::optional<BatchHeader>> PeekBatchHeader(std::string_view bytes);

// The offset after the last complete batch in `bytes`, and the epoch of that batch. `from` and -1 if there is none. If
// `is_cut` (the answer was too large to be held), an incomplete first batch counts too. Reads only headers.
struct BatchesEnd {
  int64_t next = 0;
  int32_t leader_epoch = -1;
};
Result<BatchesEnd> EndOfBatches(std::string_view bytes, int64_t from, bool is_cut = false);

class Growth;

// An aborted transaction of one producer. It ends with an abort marker in a control batch.
struct AbortedTransaction {
  int64_t producer_id = 0;
  int64_t first_offset = 0;
};

struct ParseOptions {
  bool read_committed = true;
  bool want_headers = false;
  bool check_crcs = true;
  // Limits of one RecordBatch in the output, by the estimated size of its records. An output batch always consists of
  // whole broker batches. Its pieces (RecordBatch::UnpackPiece) may end anywhere.
  size_t records = 20000;
  size_t bytes = 4 << 20;
  size_t max_record_bytes = std::numeric_limits<size_t>::max();  // longer records are left out (RecordBatch::left_out)
};

// The bytes of one partition in the answer to a fetch.
struct FetchedBatches {
  record::TopicPartition source;
  int64_t from = 0;                         // records below this offset were not requested
  std::string_view bytes;                   // record batches; the last one may be incomplete
  std::shared_ptr<const void> owner;        // owns `bytes`, after which record::kSpareBytes more are readable
  std::vector<AbortedTransaction> aborted;  // those that overlap the batches; empty without read_committed
  std::shared_ptr<Growth> growth;           // estimates how much records grow; unpacking updates it
  // The answer was too large to be held. `bytes` is its beginning: one batch, which may be incomplete.
  bool is_cut = false;
};

// Appends batches to `out` that cover all offsets from `from` to the end of the last complete batch. Only headers are
// read here; the records are unpacked later (unpack_records.h). Control records, aborted transactions and compacted
// records become gaps. If the first batch is incomplete (`is_cut`) and has one record, that record is left out. Errors
// name the offset, and `out` keeps the batches before it: kCorrupt, or kUnsupported for an incomplete batch of several
// records.
Status ParseBatches(FetchedBatches fetched, const ParseOptions& options, std::vector<record::RecordBatch>& out);

}  // namespace frazil::source::kafka
