// What records come in, one behind the other, and how far it has been read.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace frazil::record {

// One stream of records in an order of its own, which is read from a position on: a partition of a Kafka topic, a
// replication slot of a database.
struct StreamId {
  std::string topic;      // the name of what is read
  int32_t partition = 0;  // of its streams; 0 where it is one stream
  auto operator<=>(const StreamId&) const = default;
};
using TopicPartition = StreamId;  // as Kafka calls it

// Where reading goes on: all before it has been read. What it counts is the source's: a Kafka offset counts records; a
// Postgres LSN counts bytes of the server's log, so that its order alone means something. It is never negative, and
// tables keep it as it is: 63 bits, where an LSN has 64, since a log would have to be 8 EiB long to need the last one.
using Position = int64_t;
using Positions = std::map<StreamId, Position>;

inline std::vector<StreamId> StreamsOf(const Positions& positions) {
  std::vector<StreamId> streams;
  for (const auto& [stream, position] : positions) streams.push_back(stream);
  return streams;
}

}  // namespace frazil::record
