// Where a pipeline's partitions stand: in the group, in the table, and in what this process has in hand of them.
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "common/log.h"
#include "common/time/interruptible_sleep.h"
#include "ingest/pipeline.h"

namespace frazil::ingest {
namespace {

constexpr auto kRefreshEvery = std::chrono::milliseconds(500);
// A member that was killed is one until its session ends (15 s by default).
constexpr auto kGroupForgetsWithin = std::chrono::seconds(20);

}  // namespace

// `--once` beside a running process of the same pipeline does not fight it for partitions: that process is on its way
// to the same offsets.
Status Pipeline::WaitBesideLiveGroup(const StopFlag& stop) {
  for (bool said = false; !stop.IsSet(); said = true) {
    FRAZIL_ASSIGN_OR_RETURN(const bool live, source_->group()->IsLive());
    if (!live) return {};
    if (!said) {
      log::info(
          "pipeline '{}': another process of the group is live; waiting until it has committed everything that is "
          "in the topic now",
          options_.name);
    }
    FRAZIL_ASSIGN_OR_RETURN(const bool done, EndsAreCommitted());
    if (done) return {};
    SleepUnlessStopped(Clock::System(), kRefreshEvery);
  }
  return {};
}

Status Pipeline::RefuseOtherSinks() {
  if (source_->group() == nullptr) return {};
  const auto others = source_->group()->OtherSinks(SinkName(table_->ident(), *table_->current().metadata));
  if (!others) {
    log::warn("pipeline '{}': whether another table is fed by the same consumer group cannot be told: {}",
              options_.name, others.error().message);
    return {};
  }
  if (others->empty()) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "table {} shares its consumer group with {}: of each topic, either would get a part of the partitions. "
              "Give one of the two pipelines another name, or its source another 'group'",
              table_->ident().ToString(), fmt::join(*others, ", "));
}

Status Pipeline::AwaitNoOtherSinks(const StopFlag& stop) {
  const auto begin = std::chrono::steady_clock::now();
  for (bool said = false;; said = true) {
    const Status alone = RefuseOtherSinks();
    if (alone || stop.IsSet() || Since(begin) > kGroupForgetsWithin) return alone;
    if (!said) {
      log::warn("pipeline '{}': {}. Waiting for {} s, in case that process has just ended", options_.name,
                alone.error().message, kGroupForgetsWithin.count());
    }
    SleepUnlessStopped(Clock::System(), kRefreshEvery, &stop);
  }
}

Status Pipeline::GoBackToTable() {
  FRAZIL_RETURN_IF_ERROR(TakeUp(source::StreamsOf(positions_)));
  reread_ = false;
  return source_->Seek(positions_);
}

Status Pipeline::TakeUp(const std::vector<source::TopicPartition>& partitions) {
  FRAZIL_RETURN_IF_ERROR(RefreshCommitted(partitions));
  if (exactly_once()) {
    const source::Positions known = committer_->next();
    FRAZIL_RETURN_IF_ERROR(EstablishAgain(partitions));
    FRAZIL_RETURN_IF_ERROR(EstablishAll(partitions));
    committed_ = committer_->next();
    for (const auto& partition : partitions) {
      const auto start = committed_.find(partition);
      if (start != committed_.end() && !known.contains(partition)) began_.try_emplace(partition, start->second);
    }
  } else {
    std::vector<source::TopicPartition> fresh;
    for (const auto& partition : partitions) {
      if (!committed_.contains(partition)) fresh.push_back(partition);
    }
    if (!fresh.empty()) {
      FRAZIL_ASSIGN_OR_RETURN(const auto starts, ResolveStarts(fresh));
      committed_.insert(starts.begin(), starts.end());
    }
  }
  for (const auto& partition : partitions) {
    const auto found = committed_.find(partition);
    if (found == committed_.end()) {
      return Fail(ErrorKind::kInternal, "partition {} of topic '{}' was not established", partition.partition,
                  partition.topic);
    }
    positions_[partition] = found->second;
  }
  return {};
}

// Of partitions that this process has, and of which the table says nothing any more: they begin again where this
// process had them begin, if nothing was committed of them since. Else somebody removed the offsets, and to begin anew
// would write everything twice.
Status Pipeline::EstablishAgain(const std::vector<source::TopicPartition>& partitions) {
  const source::Positions known = committer_->next();
  source::Positions starts;
  for (const auto& partition : partitions) {
    if (known.contains(partition) || !positions_.contains(partition)) continue;
    const auto start = began_.find(partition);
    if (start == began_.end()) {
      return Fail(ErrorKind::kInvalidArgument, "table {} no longer tells where partition {} of topic '{}' stands",
                  table_->ident().ToString(), partition.partition, partition.topic);
    }
    starts.insert(*start);
  }
  return starts.empty() ? Status() : committer_->Establish(starts);
}

Status Pipeline::LoadTable() {
  FRAZIL_RETURN_IF_ERROR(committer_->Load());
  return errors_->Apply();
}

Status Pipeline::RefreshCommitted(const std::vector<source::TopicPartition>& partitions) {
  if (exactly_once()) {
    FRAZIL_RETURN_IF_ERROR(LoadTable());
    committed_ = committer_->next();
    return {};
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto offsets, source_->group()->Stored(partitions));
  for (const auto& [partition, offset] : offsets) committed_[partition] = offset;
  return {};
}

bool Pipeline::Reached(const source::Positions& ends) const {
  return std::all_of(ends.begin(), ends.end(), [&](const auto& end) {
    const auto found = positions_.find(end.first);
    return found == positions_.end() || found->second >= end.second;
  });
}

Result<bool> Pipeline::EndsAreCommitted() {
  const auto behind = [&] {
    std::vector<source::TopicPartition> out;
    for (const auto& [partition, end] : ends_) {
      const auto found = committed_.find(partition);
      if (found == committed_.end() || found->second < end) out.push_back(partition);
    }
    return out;
  };
  const auto waiting_for = behind();
  if (waiting_for.empty()) return true;
  if (Since(last_refresh_) < kRefreshEvery) return false;
  last_refresh_ = std::chrono::steady_clock::now();
  FRAZIL_RETURN_IF_ERROR(RefreshCommitted(waiting_for));
  // Of a topic that is deleted nothing comes any more.
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source_->Streams());
  const std::set<source::TopicPartition> there(partitions.begin(), partitions.end());
  std::erase_if(ends_, [&](const auto& end) { return !there.contains(end.first); });
  return behind().empty();
}

// Records where partitions start before their first record is read. At a topic's first start that is done for all of
// its partitions, whoever they are assigned to, so that a partition found later is known to be new and starts at 0.
Status Pipeline::EstablishAll(const std::vector<source::TopicPartition>& assigned) {
  const source::Positions known = committer_->next();
  source::Positions starts;
  std::set<std::string> new_topics;
  for (const auto& partition : assigned) {
    if (known.contains(partition)) continue;
    if (committer_->Established(partition.topic)) {
      starts[partition] = 0;
    } else {
      new_topics.insert(partition.topic);
    }
  }
  if (!new_topics.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(auto all, source_->Streams());
    std::erase_if(all, [&](const auto& partition) { return !new_topics.contains(partition.topic); });
    FRAZIL_ASSIGN_OR_RETURN(const auto resolved, ResolveStarts(all));
    starts.insert(resolved.begin(), resolved.end());
  }
  if (starts.empty()) return {};
  return committer_->Establish(starts);
}

Status Pipeline::LearnTopics(const std::vector<source::TopicPartition>& partitions) {
  std::set<std::string> topics;
  for (const auto& partition : partitions) topics.insert(partition.topic);
  table::TopicIds known = committer_->options().topic_ids;
  for (const std::string& topic : topics) {
    FRAZIL_ASSIGN_OR_RETURN(std::string id, source::TopicIdOf(*source_, topic));
    if (!known.Contains(topic)) {
      log::info("pipeline '{}': topic '{}' has come", options_.name, topic);
      late_topics_.insert(topic);
    }
    known.Learn(topic, std::move(id));
  }
  return {};
}

Result<source::Positions> Pipeline::ResolveStarts(const std::vector<source::TopicPartition>& partitions) {
  std::vector<source::TopicPartition> late;
  std::vector<source::TopicPartition> others;
  for (const auto& partition : partitions) {
    (late_topics_.contains(partition.topic) ? late : others).push_back(partition);
  }
  source::Positions starts;
  const auto resolve = [&](const auto& some, const source::StartAt& start) -> Status {
    if (some.empty()) return {};
    FRAZIL_ASSIGN_OR_RETURN(const auto resolved, source_->ResolveStart(some, start));
    starts.insert(resolved.begin(), resolved.end());
    return {};
  };
  FRAZIL_RETURN_IF_ERROR(resolve(others, options_.start));
  FRAZIL_RETURN_IF_ERROR(resolve(late, source::StartAt{}));
  return starts;
}

Result<source::Positions> Pipeline::OnAssigned(const std::vector<source::TopicPartition>& partitions) {
  FRAZIL_RETURN_IF_ERROR(RefuseOtherSinks());
  FRAZIL_RETURN_IF_ERROR(LearnTopics(partitions));
  FRAZIL_RETURN_IF_ERROR(TakeUp(partitions));
  source::Positions out;
  for (const auto& partition : partitions) out[partition] = positions_.at(partition);
  log::info("pipeline '{}': reads {} partitions", options_.name, positions_.size());
  return out;
}

void Pipeline::Leave(const std::vector<source::TopicPartition>& partitions) {
  for (const auto& partition : partitions) {
    positions_.erase(partition);
    began_.erase(partition);
  }
}

void Pipeline::OnRevoked(const std::vector<source::TopicPartition>& partitions) {
  if (!closing_ && !reread_) {
    const auto all = CommitAll(kRevokeTimeout);
    if (!all) {
      group_error_ = all.error();
    } else if (!*all) {
      // Abandoned. The share of the partitions that stay is read again.
      DropHand();
      reread_ = true;
    }
  }
  Leave(partitions);
}

void Pipeline::OnLost(const std::vector<source::TopicPartition>& partitions) {
  log::warn("pipeline '{}': lost {} partitions to another process; what is in hand is dropped", options_.name,
            partitions.size());
  DropHand();
  reread_ = true;
  Leave(partitions);
}

}  // namespace frazil::ingest
