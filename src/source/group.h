// Several processes that share the streams of a source among them, and keep positions at its server.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "record/stream.h"

namespace frazil::source {

// By the thread that drives the source.
class Group {
 public:
  virtual ~Group() = default;

  // Before Reader::Start: tells the other members what is fed from this one, a table for instance. Not where the user
  // has chosen by what name this member goes.
  virtual Status AnnounceSink(const std::string& sink) = 0;
  // What others of the group, alive, have announced to feed, and from where, in words; without those that announced
  // `sink`. Of those that announced nothing nothing is known.
  virtual Result<std::vector<std::string>> OtherSinks(const std::string& sink) = 0;
  // True if the group has members other than this process.
  virtual Result<bool> IsLive() = 0;

  // Writes the group's positions, without waiting: a mirror for lag tools under exactly_once, the truth under
  // at_least_once (there Flush waits for it).
  virtual void Store(const record::Positions& positions) = 0;
  virtual Status Flush() = 0;
  // The group's positions; streams without one are left out.
  virtual Result<record::Positions> Stored(const std::vector<record::StreamId>& streams) = 0;
};

}  // namespace frazil::source
