// How far each partition of a pipeline is committed, where that is kept, and where those begin that are new.
//
// Under exactly_once the table keeps the offsets, under at_least_once the consumer group.
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

// Driven by the coordinator's thread.
class CommittedOffsets {
 public:
  // `keeper` is whose committer keeps them. All references must outlive it.
  CommittedOffsets(Destination& keeper, source::Source& source, const PipelineOptions& options);

  // As far as this process knows.
  const source::Positions& known() const { return known_; }
  // Asks anew. Of other partitions than these it may be known as well.
  Status Refresh(const std::vector<source::TopicPartition>& partitions);
  // Their topics may have come, or come anew, since the start.
  Status LearnTopics(const std::vector<source::TopicPartition>& partitions);
  // Where each of `partitions` is to be read from: where it stands, which is established first where nobody says so: of
  // new partitions, and of those whose start a rollback took away. kInvalidArgument where more than that is lost of one
  // that is among `reading`, which this process has.
  Result<source::Positions> TakeUp(const std::vector<source::TopicPartition>& partitions,
                                   const source::Positions& reading);
  // A commit has moved them.
  void Advance(const source::Positions& next);
  // Moves them behind records that are lost, by a commit where the table keeps them. kFenced if another process has
  // moved one of them.
  Status SkipOver(const std::map<source::TopicPartition, LostRecords>& lost);
  // They are another process's now.
  void Leave(const std::vector<source::TopicPartition>& partitions);

 private:
  bool exactly_once() const { return options_.sink.delivery == Delivery::kExactlyOnce; }
  table::Committer& committer() const { return keeper_.committer(); }

  // Of partitions that nobody says anything of: as `start` says; of topics that came while this ran the first record.
  Result<source::Positions> ResolveStarts(const std::vector<source::TopicPartition>& partitions);
  // Of those of `partitions` that stand at their start.
  void RememberStarts(const std::vector<source::TopicPartition>& partitions);
  Status Establish(const source::Positions& starts);
  Status EstablishNew(const std::vector<source::TopicPartition>& partitions);
  Status EstablishAgain(const std::vector<source::TopicPartition>& partitions, const source::Positions& reading);

  Destination& keeper_;
  source::Source& source_;
  const PipelineOptions& options_;
  source::Positions known_;
  source::Positions began_;            // where partitions begin of which this process knows no commit
  std::set<std::string> late_topics_;  // came while this ran
};

}  // namespace frazil::ingest
