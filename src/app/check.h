// `frazil check`: tries for real what a pipeline will need; what it writes it deletes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/config.h"

namespace frazil::app {

struct CheckLine {
  enum class Outcome { kOk, kFailed, kSkipped, kWarned } outcome = Outcome::kOk;
  std::string subject;  // "source orders: brokers a:9092"
  std::string detail;   // what was found, or why it failed
  std::string advice;   // of a failure or warning; may be empty where the detail says it
};

struct CheckedSource {
  std::vector<CheckLine> lines;
  bool answers = false;  // a broker does, and knows us; else nobody needs to wait for it again
};

// Broker, topics, and what each will be read from.
CheckedSource CheckSource(const SourceConfig& source);

// Catalog, namespace, table, storage; and for each pipeline into this sink, whether its offsets may go on there. What
// only a commit can tell is tried on a table made for it, if `scratch_table` allows that. `silent` names the sources
// whose brokers do not answer: they are not asked again.
std::vector<CheckLine> CheckSink(const SinkConfig& sink, const std::vector<PipelineConfig>& pipelines,
                                 const std::set<std::string>& silent, bool scratch_table);

}  // namespace frazil::app
