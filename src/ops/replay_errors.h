// A replay (ops/replay.h) of the bad records in a real errors table.
#pragma once

#include <memory>

#include "catalog/catalog.h"
#include "common/result.h"
#include "ingest/options.h"
#include "ops/replay.h"
#include "source/source.h"

namespace frazil::ops {

// For the pipeline that writes to the table, which may run meanwhile; `source` tells what it reads. kInvalidArgument
// where the table is fed by several pipelines from one topic, whose bad records cannot be told apart.
Result<ReplayReport> ReplayErrors(const std::shared_ptr<catalog::Catalog>& catalog,
                                  const ingest::PipelineOptions& options, source::Source& source);

}  // namespace frazil::ops
