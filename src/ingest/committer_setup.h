// The committer of a pipeline.
#pragma once

#include <memory>
#include <vector>

#include "common/result.h"
#include "common/time/stop_flag.h"
#include "ingest/options.h"
#include "source/source.h"
#include "table/committer.h"

namespace frazil::ingest {

// Of the pipeline that writes to `table` what it reads from `partitions` of `source`, with its offsets loaded. Errors
// are those of Committer::Load, and of the source where it cannot say what it is.
Result<std::unique_ptr<table::Committer>> OpenCommitter(std::shared_ptr<table::Table> table,
                                                        const PipelineOptions& options, source::Source& source,
                                                        const std::vector<source::TopicPartition>& partitions,
                                                        const StopFlag* give_up = nullptr);

}  // namespace frazil::ingest
