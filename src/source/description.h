// Describes what a source reads, for messages and reports.
#pragma once

#include <string>
#include <vector>

namespace frazil::source {

struct Description {
  std::string server;               // "brokers a:9092"
  std::string streams;              // "topics weather", "topics matching ^w.*"
  std::vector<std::string> topics;  // topics that the configuration names one by one; empty for a pattern
  std::string group;                // the name of the consumer group; empty if there is none
};

}  // namespace frazil::source
