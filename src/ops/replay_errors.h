// Replays (ops/replay.h) the bad records in a pipeline's errors table.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "common/result.h"
#include "ingest/options.h"
#include "ops/replay.h"
#include "source/source.h"

namespace frazil::ops {

// `options` describes the pipeline, which may run at the same time. `source` tells which topics it reads.
// kInvalidArgument if several pipelines feed the table from one topic, because their bad records cannot be told apart.
Result<ReplayReport> ReplayErrors(const std::shared_ptr<catalog::Catalog>& catalog,
                                  const ingest::PipelineOptions& options, source::Source& source);

}  // namespace frazil::ops
