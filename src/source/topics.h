// The topics of a broker: their properties, and writing to them.
#pragma once

#include <memory>
#include <string>

#include "common/result.h"
#include "source/producer.h"

namespace frazil::source {

// Not thread-safe: only the thread that drives the source calls it.
class Topics {
 public:
  virtual ~Topics() = default;

  // The id of the topic with this name. A topic that was deleted and created again has another id. Empty if the broker
  // has no topic ids (before Kafka 2.8). kNotFound if there is no such topic.
  virtual Result<std::string> TopicId(const std::string& topic) = 0;
  // True if the topic is compacted: an older record may disappear once a newer one has the same key.
  virtual Result<bool> IsCompacted(const std::string& topic) = 0;
  // Opens a producer for the same cluster, with the same security settings.
  virtual Result<std::unique_ptr<Producer>> OpenProducer() = 0;
};

}  // namespace frazil::source
