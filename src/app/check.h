// `frazil check`: tries for real what a pipeline will need. It deletes everything that it writes.
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
  std::string advice;   // what to do, for a failure or a warning; may be empty if the detail says it
};

struct CheckedSource {
  std::vector<CheckLine> lines;
  // A broker answered and accepted our credentials. If not, later checks do not ask it again.
  bool answers = false;
};

// Checks that the broker answers, that the topics exist, and that the schema registry answers if there is one. Every
// failure is a line of the result.
CheckedSource CheckSource(const SourceConfig& source);

// Checks the catalog, the namespace, the table and its storage, and for each enabled pipeline into this sink whether it
// may go on from the offsets in the table. Some things only a commit can show. If `scratch_table` is true, the check
// tries them on a table that it makes and drops. `silent` names the sources whose brokers do not answer; the check does
// not ask them again.
std::vector<CheckLine> CheckSink(const SinkConfig& sink, const std::vector<PipelineConfig>& pipelines,
                                 const std::set<std::string>& silent, bool scratch_table);

}  // namespace frazil::app
