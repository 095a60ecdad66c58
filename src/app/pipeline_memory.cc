#include "app/pipeline_memory.h"

#include "app/process_memory.h"
#include "ingest/lanes.h"
#include "source/open.h"

namespace frazil::app {

Result<ingest::MemoryPlan> PlanMemoryOf(const PipelineConfig& pipeline, int64_t file_buffer) {
  ReturnFreeMemory();  // so that memory that is already freed does not count
  return ingest::PlanMemory({.limit = pipeline.memory_limit,
                             .resident = ResidentBytes(),
                             .lanes = ingest::LaneCount(pipeline.options.lanes),
                             .file_buffer = file_buffer,
                             .longest_record = source::ReadOptionsOf(pipeline.reads).max_record_bytes});
}

}  // namespace frazil::app
