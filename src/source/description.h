// What a source reads, in the words of its kind.
#pragma once

#include <string>
#include <vector>

namespace frazil::source {

struct Description {
  std::string server;               // "brokers a:9092"
  std::string streams;              // "topics weather", "topics matching ^w.*"
  std::vector<std::string> topics;  // those that are named one by one
  std::string group;                // the name of the group; empty where there is none
};

}  // namespace frazil::source
