#include "ingest/committer_setup.h"

#include <utility>

namespace frazil::ingest {

Result<std::unique_ptr<table::Committer>> OpenCommitter(std::shared_ptr<table::Table> table,
                                                        const PipelineOptions& options, source::Source& source,
                                                        const std::vector<source::TopicPartition>& partitions,
                                                        const StopFlag* give_up) {
  table::CommitterOptions committing;
  committing.pipeline = options.name;
  committing.exactly_once = options.sink.delivery == Delivery::kExactlyOnce;
  committing.on_rollback = options.sink.on_rollback;
  committing.take_over = options.sink.take_over;
  committing.independent = options.sink.independent;
  committing.give_up = give_up;
  FRAZIL_ASSIGN_OR_RETURN(committing.cluster_id, source.ClusterId());
  for (const auto& partition : partitions) {
    if (committing.topic_ids.Contains(partition.topic)) continue;
    FRAZIL_ASSIGN_OR_RETURN(std::string id, source::TopicIdOf(source, partition.topic));
    committing.topic_ids.Learn(partition.topic, std::move(id));
  }
  auto committer = std::make_unique<table::Committer>(std::move(table), std::move(committing));
  FRAZIL_RETURN_IF_ERROR(committer->Begin());
  return committer;
}

}  // namespace frazil::ingest
