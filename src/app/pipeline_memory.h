// How much of a pipeline's memory goes where.
#pragma once

#include <cstdint>

#include "app/config.h"
#include "common/result.h"
#include "ingest/memory_plan.h"

namespace frazil::app {

// Divides what the limit leaves beside what the process takes now. `file_buffer`: bytes of a file that is being
// written, 0 where the table is not known yet.
Result<ingest::MemoryPlan> PlanMemoryOf(const PipelineConfig& pipeline, int64_t file_buffer);

}  // namespace frazil::app
