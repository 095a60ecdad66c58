// Record batches of format v2 (kafka.apache.org/documentation, "Record Batch"), parsed where they lie.
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

// The fixed front of a record batch, 61 bytes.
struct BatchHeader {
  static constexpr size_t kSize = 61;

  int64_t base_offset = 0;
  size_t size = 0;  // of the whole batch, these bytes included
  int32_t leader_epoch = -1;
  uint32_t crc = 0;  // over everything behind it
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

// The header of the batch that `bytes` begins with; nullopt where only a part of it is there, as at the end of an
// answer. kCorrupt; kUnsupported for the formats before Kafka 0.11.
Result<std::optional<BatchHeader>> ReadBatchHeader(std::string_view bytes);

// The same, though only a part of the batch may be there.
Result<std::optional<BatchHeader>> PeekBatchHeader(std::string_view bytes);

// Offset behind the last batch that is whole in `bytes`, and that batch's epoch; `from` where none is. Where an answer
// was too large to be held, and `is_cut` here, that of the first one if it is not whole. Reads headers only.
struct BatchesEnd {
  int64_t next = 0;
  int32_t leader_epoch = -1;
};
Result<BatchesEnd> EndOfBatches(std::string_view bytes, int64_t from, bool is_cut = false);

class Growth;

struct AbortedTransaction {
  int64_t producer_id = 0;
  int64_t first_offset = 0;
};

struct ParseOptions {
  bool read_committed = true;
  bool want_headers = false;
  bool check_crcs = true;
  // Bounds of one batch given out, by what its records will about take; it is cut only between the broker's batches,
  // the pieces of it that it can be unpacked to (RecordBatch::UnpackPiece) anywhere.
  size_t records = 20000;
  size_t bytes = 4 << 20;
  size_t max_record_bytes = std::numeric_limits<size_t>::max();  // longer ones are left out (RecordBatch::left_out)
};

// One partition's share of an answer to a fetch.
struct FetchedBatches {
  record::TopicPartition source;
  int64_t from = 0;                         // records below were not asked for
  std::string_view bytes;                   // record batches, the last one perhaps cut short
  std::shared_ptr<const void> owner;        // of `bytes`, behind which record::kSpareBytes are readable
  std::vector<AbortedTransaction> aborted;  // overlapping the batches; of read_committed only
  std::shared_ptr<Growth> growth;           // of what came before; is told by what is unpacked
  bool is_cut = false;  // the answer was too large to be held: of `bytes`, which are its front, the first batch may not
                        // be whole, and there is no other
};

// Appends batches to `out` that join from `from` to the last whole batch's end, their records still to be unpacked
// (unpack_records.h): only headers are read here. Control records, aborted transactions and what compaction took are
// gaps. The only record of a batch that is cut is left out. kCorrupt, or kUnsupported for a batch of several that is
// cut, with the offset, leaves in `out` what came before.
Status ParseBatches(FetchedBatches fetched, const ParseOptions& options, std::vector<record::RecordBatch>& out);

}  // namespace frazil::source::kafka
