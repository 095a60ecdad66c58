// Settings for reading that every kind of source has.
#pragma once

#include <chrono>
#include <cstdint>

namespace frazil::source {

struct ReadOptions {
  bool want_headers = false;                       // if false, batches have no headers
  int64_t max_record_bytes = 1 << 30;              // a longer record, decompressed, is left out (RecordBatch::left_out)
  int64_t max_answer_bytes = 128 << 20;            // the largest answer of a server that is held in memory
  int64_t queue_bytes = 64 << 20;                  // limits the fetched bytes that wait for Poll
  std::chrono::milliseconds answer_within{15000};  // the time for one question to the server, with connecting
};

}  // namespace frazil::source
