// Where records come from: what all kinds of source can do, and what some can (source/open.h has the kinds).
#pragma once

#include <string>

#include "common/result.h"
#include "source/group.h"
#include "source/log.h"
#include "source/reader.h"
#include "source/topics.h"

namespace frazil::source {

// One thread drives it.
class Source : public Log, public Reader {
 public:
  // Null where the source has no such thing; else it lives as long as the source.
  virtual Group* group() { return nullptr; }
  virtual Topics* topics() { return nullptr; }
};

// Topics::TopicId; empty where the source has no topics.
inline Result<std::string> TopicIdOf(Source& source, const std::string& topic) {
  return source.topics() ? source.topics()->TopicId(topic) : Result<std::string>("");
}

}  // namespace frazil::source
