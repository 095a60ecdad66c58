// Writes sample data to a topic, for `frazil produce`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "common/result.h"
#include "common/time/stop_flag.h"
#include "source/kafka/sample_data.h"

namespace frazil::source::kafka {

struct ProduceOptions {
  SampleKind kind = SampleKind::kSensor;
  std::string topic;
  std::string brokers;
  std::map<std::string, std::string> properties;  // librdkafka's own keys; may hold secrets
  uint64_t seed = 1;
  int64_t count = 0;                              // how many records; 0: until `stop` is set
  double rate = 0;                                // records per second; 0: as fast as the broker takes them
  const StopFlag* stop = nullptr;                 // looked at often; Produce still waits for what was sent
  std::function<void(int64_t sent)> on_progress;  // called a few times a second
};

// Returns when every record sent is acknowledged. Spreads the records evenly over the topic's partitions. kNotFound if
// the topic does not exist; it is not created.
Status Produce(const ProduceOptions& options);

}  // namespace frazil::source::kafka
