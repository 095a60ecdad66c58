// `frazil plan`: what a run of a pipeline would do. Nothing is written but the probe object of `frazil check`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/check.h"
#include "app/config.h"
#include "ingest/memory_plan.h"
#include "ops/preview.h"
#include "source/log.h"

namespace frazil::app {

struct ReaderGap {
  std::string reader;
  std::string what;  // it will not read
};

struct PipelinePlan {
  std::string pipeline;
  catalog::TableIdent table;
  std::vector<CheckLine> checks;   // what was tried of the source and the sink
  std::vector<std::string> stops;  // why a run would stop, besides failed checks
  std::vector<std::string> notes;
  std::optional<ops::Preview> preview;
  std::vector<std::string> statements;    // what would be made or changed, as SQL
  std::optional<source::Positions> from;  // where each partition would begin
  source::Positions until;                // the ends of the log now
  std::optional<ingest::MemoryPlan> memory;
  std::vector<ReaderGap> gaps;

  bool stops_a_run() const;
  int64_t ahead() const;  // records between `from` and `until`
};

struct PlanWishes {
  std::vector<std::string> readers;  // to be told of; empty: those that the sink names
};
PipelinePlan PlanRun(const Config& config, const PipelineConfig& pipeline, const PlanWishes& wishes);

// `mask` hides the letters and digits of values: "Xxxx 99".
std::string PlanText(const PipelinePlan& plan, const ingest::SinkOptions& options, bool mask);
nlohmann::ordered_json PlanJson(const PipelinePlan& plan, bool mask);

}  // namespace frazil::app
