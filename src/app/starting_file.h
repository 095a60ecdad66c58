// `frazil init`: a configuration to begin with.
#pragma once

#include <string>

#include "common/result.h"

namespace frazil::app {

struct StartingPoint {
  std::string brokers = "localhost:9092";
  std::string topic;
  std::string table;      // "NAMESPACE.TABLE"; empty: the topic's name in "default"
  std::string catalog;    // as CatalogFlags has it, or thrift://HOST:PORT; empty: the embedded one
  std::string warehouse;  // empty: beside the embedded catalog's file, or the catalog's own
};

// The text of a file that ParseConfig takes as it is, with the keys that most change next to it, commented out: what
// they are worth without being said, and what they do. kInvalidArgument says which part of `start` leads to no such
// file.
Result<std::string> StartingFile(const StartingPoint& start);

}  // namespace frazil::app
