// A group of processes that share the streams of a source, and keep positions on its server.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "record/stream.h"

namespace frazil::source {

// Not thread-safe: only the thread that drives the source calls it.
class Group {
 public:
  virtual ~Group() = default;

  // Tells the other members what this member feeds: a table, for instance. Call it before Reader::Start. It does
  // nothing if the user has chosen the name of this member (client.id).
  virtual Status AnnounceSink(const std::string& sink) = 0;
  // What the live members of the group have announced, other than `sink`, and from which host, as text for people.
  // Members that announced nothing are not listed.
  virtual Result<std::vector<std::string>> OtherSinks(const std::string& sink) = 0;
  // True if the group has members other than this process.
  virtual Result<bool> IsLive() = 0;

  // Sends the group's positions to the server, and does not wait. Under exactly_once they are a copy for lag tools.
  // Under at_least_once they are the truth, and Flush waits for them.
  virtual void Store(const record::Positions& positions) = 0;
  // Waits for the answers to all Stores. Returns an error if any was refused; kFenced if the group has given the
  // streams to another member.
  virtual Status Flush() = 0;
  // Reads the group's positions from the server. Streams without a position are left out.
  virtual Result<record::Positions> Stored(const std::vector<record::StreamId>& streams) = 0;
};

}  // namespace frazil::source
