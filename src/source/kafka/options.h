// Settings of a Kafka source, as config fills them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "source/source.h"

namespace frazil::source::kafka {

// The way of records from the broker to us.
enum class Door : uint8_t {
  kNative,      // Frazil's own fetching, where it knows the broker and its security; librdkafka's elsewhere
  kLibrdkafka,  // librdkafka's in any case
};

struct Options {
  std::string brokers;
  std::vector<std::string> topics;
  std::string topic_pattern;  // a regular expression; instead of topics
  std::string group;
  bool read_committed = true;
  Door door = Door::kNative;
  bool want_headers = false;  // headers are copied only when a column asks for them
  // librdkafka's own keys, security ones included; they win over what Frazil sets, except those it must own
  // (group.id, enable.auto.commit, isolation.level, …), which are refused with kInvalidArgument.
  std::map<std::string, std::string> properties;
  int64_t max_record_bytes = 1 << 30;              // a longer record, unpacked, is left out (RecordBatch::left_out)
  int64_t max_answer_bytes = 128 << 20;            // of an answer that may be held
  int64_t queue_bytes = 64 << 20;                  // upper bound of fetched bytes that wait for Poll
  std::chrono::milliseconds answer_within{15000};  // for a question to the cluster, connecting included
};

}  // namespace frazil::source::kafka
