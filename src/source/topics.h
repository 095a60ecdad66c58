// The topics of a broker: what they are, and writing to them.
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "source/producer.h"

namespace frazil::source {

// By the thread that drives the source.
class Topics {
 public:
  virtual ~Topics() = default;

  // Identity of the topic of that name, so that one made anew is not mistaken for it; empty where the broker has none.
  // kNotFound if there is no such topic.
  virtual Result<std::string> TopicId(const std::string& topic) = 0;
  // Whether the topic loses records that have successors of the same key.
  virtual Result<bool> IsCompacted(const std::string& topic) = 0;
  // Writes to topics of the same cluster, with the same security.
  virtual Result<std::unique_ptr<Producer>> OpenProducer() = 0;
};

}  // namespace frazil::source
