// Settings of reading that every kind of source has.
#pragma once

#include <chrono>
#include <cstdint>

namespace frazil::source {

struct ReadOptions {
  bool want_headers = false;                       // headers are copied only when something asks for them
  int64_t max_record_bytes = 1 << 30;              // a longer record, unpacked, is left out (RecordBatch::left_out)
  int64_t max_answer_bytes = 128 << 20;            // of a server's answer that may be held
  int64_t queue_bytes = 64 << 20;                  // upper bound of fetched bytes that wait for Poll
  std::chrono::milliseconds answer_within{15000};  // for a question to the server, connecting included
};

}  // namespace frazil::source
