#include "ingest/committed_offsets.h"

#include <utility>

#include "common/log.h"

namespace frazil::ingest {

CommittedOffsets::CommittedOffsets(Destination& keeper, source::Source& source, const PipelineOptions& options)
    : keeper_(keeper), source_(source), options_(options) {}

Status CommittedOffsets::Refresh(const std::vector<source::TopicPartition>& partitions) {
  if (exactly_once()) {
    FRAZIL_RETURN_IF_ERROR(keeper_.Load());
    known_ = committer().next();
    return {};
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto offsets, source_.group()->Stored(partitions));
  for (const auto& [partition, offset] : offsets) known_[partition] = offset;
  return {};
}

Status CommittedOffsets::LearnTopics(const std::vector<source::TopicPartition>& partitions) {
  std::set<std::string> topics;
  for (const auto& partition : partitions) topics.insert(partition.topic);
  table::TopicIds known = committer().options().topic_ids;
  for (const std::string& topic : topics) {
    FRAZIL_ASSIGN_OR_RETURN(std::string id, source::TopicIdOf(source_, topic));
    if (!known.Contains(topic)) {
      log::info("pipeline '{}': topic '{}' has come", options_.name, topic);
      late_topics_.insert(topic);
    }
    known.Learn(topic, std::move(id));
  }
  return {};
}

Result<source::Positions> CommittedOffsets::TakeUp(const std::vector<source::TopicPartition>& partitions,
                                                   const source::Positions& reading) {
  FRAZIL_RETURN_IF_ERROR(Refresh(partitions));
  if (exactly_once()) {
    FRAZIL_RETURN_IF_ERROR(EstablishAgain(partitions, reading));
    FRAZIL_RETURN_IF_ERROR(EstablishNew(partitions));
    known_ = committer().next();
    RememberStarts(partitions);
  } else {
    std::vector<source::TopicPartition> fresh;
    for (const auto& partition : partitions) {
      if (!known_.contains(partition)) fresh.push_back(partition);
    }
    if (!fresh.empty()) {
      FRAZIL_ASSIGN_OR_RETURN(const auto starts, ResolveStarts(fresh));
      known_.insert(starts.begin(), starts.end());
    }
  }
  source::Positions stand;
  for (const auto& partition : partitions) {
    const auto found = known_.find(partition);
    if (found == known_.end()) {
      return Fail(ErrorKind::kInternal, "partition {} of topic '{}' was not established", partition.partition,
                  partition.topic);
    }
    stand.insert(*found);
  }
  return stand;
}

void CommittedOffsets::Advance(const source::Positions& next) {
  for (const auto& [partition, offset] : next) {
    known_[partition] = offset;
    began_.erase(partition);
  }
}

Status CommittedOffsets::SkipOver(const std::map<source::TopicPartition, LostRecords>& lost) {
  source::Positions behind;
  for (const auto& [partition, records] : lost) behind[partition] = records.next;
  if (exactly_once()) {
    FRAZIL_RETURN_IF_ERROR(keeper_.AwaitCommitter());
    // If another process has moved the partition ahead, moving it to the end of the lost records could move it back.
    const source::Positions stand = committer().next();
    for (const auto& [partition, records] : lost) {
      const auto found = stand.find(partition);
      if (found == stand.end() || found->second != records.first) {
        return Fail(ErrorKind::kFenced,
                    "partition {} of topic '{}' does not stand at offset {} in table {} any more: another process has "
                    "moved it",
                    partition.partition, partition.topic, records.first, keeper_.table().ident().ToString());
      }
    }
    FRAZIL_RETURN_IF_ERROR(committer().MoveTo(behind));
  }
  Advance(behind);
  return {};
}

void CommittedOffsets::Leave(const std::vector<source::TopicPartition>& partitions) {
  for (const auto& partition : partitions) began_.erase(partition);
}

void CommittedOffsets::RememberStarts(const std::vector<source::TopicPartition>& partitions) {
  const table::StatesByTopic states = committer().states();
  for (const auto& partition : partitions) {
    const auto state = states.find(partition.topic);
    if (state == states.end()) continue;
    const auto found = state->second.partitions.find(partition.partition);
    if (found == state->second.partitions.end()) continue;
    const table::PartitionState& stands = found->second;
    if (stands.next == stands.start && stands.rewound_from == 0) began_.try_emplace(partition, stands.start);
  }
}

Status CommittedOffsets::Establish(const source::Positions& starts) {
  if (starts.empty()) return {};
  FRAZIL_RETURN_IF_ERROR(keeper_.AwaitCommitter());
  return committer().Establish(starts);
}

// Handles partitions that this process reads and of which the table stores nothing any more. If nothing was committed
// since their start, they begin again at the same offset. Otherwise somebody has removed the offsets, and beginning
// again would write everything twice.
Status CommittedOffsets::EstablishAgain(const std::vector<source::TopicPartition>& partitions,
                                        const source::Positions& reading) {
  source::Positions starts;
  for (const auto& partition : partitions) {
    if (known_.contains(partition) || !reading.contains(partition)) continue;
    const auto start = began_.find(partition);
    if (start == began_.end()) {
      return Fail(ErrorKind::kInvalidArgument, "table {} no longer tells where partition {} of topic '{}' stands",
                  keeper_.table().ident().ToString(), partition.partition, partition.topic);
    }
    starts.insert(*start);
  }
  return Establish(starts);
}

// Records the starts of partitions before their first record is read. At the first start of a topic it does so for all
// partitions of the topic, whoever reads them. So a partition that appears later is known to be new, and starts at 0.
Status CommittedOffsets::EstablishNew(const std::vector<source::TopicPartition>& partitions) {
  const source::Positions established = committer().next();
  source::Positions starts;
  std::set<std::string> new_topics;
  for (const auto& partition : partitions) {
    if (established.contains(partition)) continue;
    if (committer().Established(partition.topic)) {
      starts[partition] = 0;
    } else {
      new_topics.insert(partition.topic);
    }
  }
  if (!new_topics.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(auto all, source_.Streams());
    std::erase_if(all, [&](const auto& partition) { return !new_topics.contains(partition.topic); });
    FRAZIL_ASSIGN_OR_RETURN(const auto resolved, ResolveStarts(all));
    starts.insert(resolved.begin(), resolved.end());
  }
  return Establish(starts);
}

Result<source::Positions> CommittedOffsets::ResolveStarts(const std::vector<source::TopicPartition>& partitions) {
  std::vector<source::TopicPartition> late;
  std::vector<source::TopicPartition> others;
  for (const auto& partition : partitions) {
    (late_topics_.contains(partition.topic) ? late : others).push_back(partition);
  }
  source::Positions starts;
  const auto resolve = [&](const auto& some, const source::StartAt& start) -> Status {
    if (some.empty()) return {};
    FRAZIL_ASSIGN_OR_RETURN(const auto resolved, source_.ResolveStart(some, start));
    starts.insert(resolved.begin(), resolved.end());
    return {};
  };
  FRAZIL_RETURN_IF_ERROR(resolve(others, options_.start));
  FRAZIL_RETURN_IF_ERROR(resolve(late, source::StartAt{}));
  return starts;
}

}  // namespace frazil::ingest
