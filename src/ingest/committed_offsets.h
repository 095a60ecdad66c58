// The committed position of each partition of a pipeline, and the start positions of new partitions.
//
// With exactly_once the table stores the offsets; with at_least_once the consumer group does.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "ingest/destination.h"
#include "ingest/lost_records.h"
#include "ingest/options.h"
#include "source/source.h"

namespace frazil::ingest {

// Not thread-safe: only the coordinator's thread calls it.
class CommittedOffsets {
 public:
  // The committer of `keeper` stores the offsets. All references must outlive this object.
  CommittedOffsets(Destination& keeper, source::Source& source, const PipelineOptions& options);

  // The committed positions, as far as this process knows.
  const source::Positions& known() const { return known_; }
  // Reads the positions again. It may also learn the positions of other partitions than `partitions`.
  Status Refresh(const std::vector<source::TopicPartition>& partitions);
  // Learns the topics of `partitions`, which may have been created, or created again, since the start.
  Status LearnTopics(const std::vector<source::TopicPartition>& partitions);
  // Returns the position from which to read each of `partitions`. A partition without a position is established first:
  // a new partition, or one whose start a rollback took away. `reading` are the partitions that this process reads now.
  // If one of them has lost more than its start, the result is kInvalidArgument.
  Result<source::Positions> TakeUp(const std::vector<source::TopicPartition>& partitions,
                                   const source::Positions& reading);
  // Call it after a commit has moved the positions.
  void Advance(const source::Positions& next);
  // Moves the positions past lost records; with exactly_once this is a commit. kFenced if another process has moved one
  // of them.
  Status SkipOver(const std::map<source::TopicPartition, LostRecords>& lost);
  // Call it when the partitions belong to another process.
  void Leave(const std::vector<source::TopicPartition>& partitions);

 private:
  bool exactly_once() const { return options_.sink.delivery == Delivery::kExactlyOnce; }
  table::Committer& committer() const { return keeper_.committer(); }

  // The start positions of partitions without a position: as `start` in the options says; for topics that appeared
  // during the run, the first record.
  Result<source::Positions> ResolveStarts(const std::vector<source::TopicPartition>& partitions);
  // Remembers the starts of those of `partitions` that stand at their start.
  void RememberStarts(const std::vector<source::TopicPartition>& partitions);
  Status Establish(const source::Positions& starts);
  Status EstablishNew(const std::vector<source::TopicPartition>& partitions);
  Status EstablishAgain(const std::vector<source::TopicPartition>& partitions, const source::Positions& reading);

  Destination& keeper_;
  source::Source& source_;
  const PipelineOptions& options_;
  source::Positions known_;
  source::Positions began_;            // the starts of partitions of which this process knows no commit
  std::set<std::string> late_topics_;  // topics that appeared during the run
};

}  // namespace frazil::ingest
