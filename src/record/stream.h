// Streams of records, and positions in them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace frazil::record {

// One ordered stream of records, which can be read from any position on. Examples: a partition of a Kafka topic, a
// replication slot of a database.
struct StreamId {
  std::string topic;                                  // the name of the topic, slot, …
  int32_t partition = 0;                              // the number of the stream in the topic; 0 if there is only one
  auto operator<=>(const StreamId&) const = default;  // NOLINT(modernize-use-nullptr): generated code
};
using TopicPartition = StreamId;  // Kafka's name for a stream

// Where reading continues: everything before the position has been read. The unit belongs to the source. A Kafka offset
// counts records. A Postgres LSN counts bytes of the server's log, so only the order of LSNs has a meaning. A position
// is never negative, and tables store it unchanged. It has 63 bits while an LSN has 64: a log would need 8 EiB to use
// the last bit.
using Position = int64_t;
using Positions = std::map<StreamId, Position>;

inline std::vector<StreamId> StreamsOf(const Positions& positions) {
  std::vector<StreamId> streams;
  for (const auto& [stream, position] : positions) streams.push_back(stream);
  return streams;
}

}  // namespace frazil::record
