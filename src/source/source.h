// Where records come from. Every kind of source is a Log and a Reader; some can do more (source/open.h lists the
// kinds).
#pragma once

#include <string>

#include "common/result.h"
#include "source/group.h"
#include "source/log.h"
#include "source/reader.h"
#include "source/topics.h"

namespace frazil::source {

// Not thread-safe: one thread drives it.
class Source : public Log, public Reader {
 public:
  // These return null if the kind of source has no groups or no topics. The objects live as long as the source.
  virtual Group* group() { return nullptr; }
  virtual Topics* topics() { return nullptr; }
};

// Topics::TopicId, or "" if the source has no topics.
inline Result<std::string> TopicIdOf(Source& source, const std::string& topic) {
  return source.topics() ? source.topics()->TopicId(topic) : Result<std::string>("");
}

}  // namespace frazil::source
