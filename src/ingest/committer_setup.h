// Opens the committer of a pipeline.
#pragma once

#include <memory>
#include <vector>

#include "common/result.h"
#include "common/time/stop_flag.h"
#include "ingest/options.h"
#include "source/source.h"
#include "table/committer.h"

namespace frazil::ingest {

// Opens the committer of the pipeline that reads `partitions` of `source` and writes to `table`, and loads its offsets.
// Errors are those of Committer::Load, and of asking the source for cluster and topic ids.
Result<std::unique_ptr<table::Committer>> OpenCommitter(std::shared_ptr<table::Table> table,
                                                        const PipelineOptions& options, source::Source& source,
                                                        const std::vector<source::TopicPartition>& partitions,
                                                        const StopFlag* give_up = nullptr);

}  // namespace frazil::ingest
