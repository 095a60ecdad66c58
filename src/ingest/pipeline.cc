#include "ingest/pipeline.h"

#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/time/interruptible_sleep.h"
#include "iceberg/location_provider.h"
#include "ingest/committer_setup.h"
#include "ingest/executor.h"
#include "ingest/table_setup.h"
#include "storage/storage.h"

namespace frazil::ingest {
namespace {

constexpr auto kNoRecordsYetWait = std::chrono::seconds(1);

}  // namespace

Pipeline::Pipeline(PipelineOptions options, std::shared_ptr<catalog::Catalog> catalog,
                   std::unique_ptr<source::Source> source)
    : options_(std::move(options)),
      catalog_(std::move(catalog)),
      source_(std::move(source)),
      metrics_(options_.name, options_.sink.table.ToString()),
      reporter_(options_, metrics_) {}

Pipeline::~Pipeline() { give_up_.Set(); }

bool Pipeline::abandoned_commit() const {
  return destination_ != nullptr && destination_->committing() &&
         !destination_->CommitEndsWithin(std::chrono::milliseconds(0));
}

Result<PipelineReport> Pipeline::Run(const StopFlag& stop) {
  const StopScope while_reading(&stop);
  if (options_.sink.delivery == Delivery::kAtLeastOnce && source_->group() == nullptr) {
    return Fail(ErrorKind::kInvalidArgument,
                "delivery: at_least_once keeps the offsets in a consumer group, which this kind of source has not; "
                "say exactly_once");
  }
  const bool unsaid = options_.sink.commit_mode == CommitMode::kOverwrite && !options_.sink.overwrite_per_batch;
  if (unsaid && !options_.once) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "'commit_mode: overwrite' replaces what a whole load touches, and this load has no end: run it with "
        "--once; or say 'overwrite_confirm: per_batch', and each commit replaces all that is in the partitions it "
        "has rows of, what the commit before it brought too");
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, OpenTable(stop));
  if (table_ == nullptr) return reporter_.report();
  FRAZIL_RETURN_IF_ERROR(Assemble(partitions));
  FRAZIL_RETURN_IF_ERROR(coordinator_->Run(stop));
  return reporter_.report();
}

Result<std::vector<source::TopicPartition>> Pipeline::OpenTable(const StopFlag& stop) {
  for (bool waiting = false; !stop.IsSet();) {
    FRAZIL_ASSIGN_OR_RETURN(auto partitions, source_->Streams());
    if (options_.once && ends_.empty()) {
      FRAZIL_ASSIGN_OR_RETURN(ends_, source_->EndOffsets(partitions));
    }
    FRAZIL_ASSIGN_OR_RETURN(table_, SetUpTable(catalog_, options_.sink, *source_));
    if (table_ != nullptr) return partitions;
    if (options_.once) {
      log::info("pipeline '{}': the topic is empty and table {} does not exist: nothing to do", options_.name,
                options_.sink.table.ToString());
      return partitions;
    }
    if (!waiting) {
      log::info("pipeline '{}': waiting for a first record to tell the columns of table {} from", options_.name,
                options_.sink.table.ToString());
    }
    waiting = true;
    SleepUnlessStopped(Clock::System(), kNoRecordsYetWait);
  }
  return std::vector<source::TopicPartition>{};
}

Status Pipeline::Assemble(const std::vector<source::TopicPartition>& partitions) {
  FRAZIL_ASSIGN_OR_RETURN(committer_, OpenCommitter(table_, options_, *source_, partitions, &give_up_));
  errors_ = std::make_unique<ErrorsOutbox>(catalog_, *committer_, options_.sink, budget_, file_names_, memory_);
  FRAZIL_RETURN_IF_ERROR(errors_->Apply());
  if (options_.sink.on_bad_record == OnBadRecord::kTopic) {
    FRAZIL_ASSIGN_OR_RETURN(letters_, DeadLetters::Open(source_->topics(), partitions, options_));
  }
  policy_ = std::make_unique<ConfiguredPolicy>(options_.sink, *errors_, letters_.get(), metrics_);

  FRAZIL_RETURN_IF_ERROR(PlanMemory());
  const DataFileContext files{table_, options_.sink, budget_, file_names_, options_.name, memory_.row_group};
  FRAZIL_ASSIGN_OR_RETURN(intake_,
                          LaneIntake::Start({options_, memory_, budget_, files, *policy_, metrics_, give_up_}));
  Clock& clock = Clock::System();
  destination_ = std::make_unique<Destination>(Destination::Parts{options_.sink, *committer_, *errors_, letters_.get(),
                                                                  *intake_, Executor::Threads(), clock, give_up_});
  reporter_.SetTable(*table_);
  coordinator_ = std::make_unique<Coordinator>(
      Coordinator::Parts{options_, clock, *source_, *intake_, *destination_, reporter_, give_up_}, ends_);
  return {};
}

Status Pipeline::PlanMemory() {
  const catalog::LoadedTable table = table_->current();
  const iceberg::LocationProvider locations(*table.metadata);
  // Reports a location without write permission before anything is read. It also loads what writing needs, so that the
  // memory plan counts it.
  FRAZIL_RETURN_IF_ERROR(table.io->PrepareToWrite(locations.MetadataFile("x")));
  const std::string data = locations.DataFile("", "x");
  FRAZIL_RETURN_IF_ERROR(table.io->PrepareToWrite(data));
  const int64_t file_buffer = storage::WriteBufferBytes(data);
  FRAZIL_ASSIGN_OR_RETURN(memory_, options_.plan_memory(file_buffer));
  budget_.SetLimit(memory_.held);
  if (const int wanted = LaneCount(options_.lanes); memory_.lanes < wanted) {
    log::info(
        "pipeline '{}': works with {} lanes, since memory_limit_mb has no room for {} with records of up to "
        "max_record_bytes",
        options_.name, memory_.lanes, wanted);
  }
  return {};
}

}  // namespace frazil::ingest
