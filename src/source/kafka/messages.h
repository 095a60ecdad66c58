// Owns messages of librdkafka, and frees them together. Not thread-safe.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "source/kafka/handles.h"

namespace frazil::source::kafka {

class Messages {
 public:
  Messages() = default;
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;
  ~Messages();

  // Waits up to `wait` for a message, then takes those that are there, at most 1024. Runs the queue's callbacks
  // meanwhile. The returned messages live as long as this object.
  std::span<rd_kafka_message_s* const> Take(rd_kafka_queue_s* queue, std::chrono::milliseconds wait);
  // True when enough messages were taken for one round of work.
  bool Full() const;

 private:
  std::vector<rd_kafka_message_s*> taken_;
  size_t bytes_ = 0;
};

}  // namespace frazil::source::kafka
