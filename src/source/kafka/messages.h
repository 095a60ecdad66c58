// Messages as librdkafka hands them out, given back together.
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

  // Waits for the first, then takes what else is there (at most 1024). Calls the queue's callbacks meanwhile.
  std::span<rd_kafka_message_s* const> Take(rd_kafka_queue_s* queue, std::chrono::milliseconds wait);
  // True when enough is taken for one round of work.
  bool Full() const;

 private:
  std::vector<rd_kafka_message_s*> taken_;
  size_t bytes_ = 0;
};

}  // namespace frazil::source::kafka
