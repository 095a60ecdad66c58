#include "ingest/finish_line.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/log.h"
#include "common/time/interruptible_sleep.h"

namespace frazil::ingest {
namespace {

constexpr auto kAskEvery = std::chrono::milliseconds(500);

}  // namespace

bool Reached(const source::Positions& positions, const source::Positions& ends) {
  return std::all_of(ends.begin(), ends.end(), [&](const auto& end) {
    const auto found = positions.find(end.first);
    return found == positions.end() || found->second >= end.second;
  });
}

FinishLine::FinishLine(const PipelineOptions& options, source::Source& source, CommittedOffsets& offsets, Clock& clock,
                       source::Positions ends)
    : options_(options), source_(source), offsets_(offsets), clock_(clock), ends_(std::move(ends)) {}

Status FinishLine::WaitBesideLiveGroup() {
  source::Group* const group = source_.group();
  for (bool said = false; group != nullptr && !StopScope::Asked(); said = true) {
    FRAZIL_ASSIGN_OR_RETURN(const bool live, group->IsLive());
    if (!live) return {};
    if (!said) {
      log::info(
          "pipeline '{}': another process of the group is live; waiting until it has committed everything that is "
          "in the topic now",
          options_.name);
    }
    FRAZIL_ASSIGN_OR_RETURN(const bool done, IsCommitted());
    if (done) return {};
    SleepUnlessStopped(clock_, kAskEvery);
  }
  return {};
}

std::vector<source::TopicPartition> FinishLine::Behind() const {
  std::vector<source::TopicPartition> behind;
  for (const auto& [partition, end] : ends_) {
    const auto found = offsets_.known().find(partition);
    if (found == offsets_.known().end() || found->second < end) behind.push_back(partition);
  }
  return behind;
}

Result<bool> FinishLine::IsCommitted() {
  const auto behind = Behind();
  if (behind.empty()) return true;
  if (clock_.Steady() - asked_ < kAskEvery) return false;
  asked_ = clock_.Steady();
  FRAZIL_RETURN_IF_ERROR(offsets_.Refresh(behind));
  // A topic that was deleted meanwhile does not count.
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source_.Streams());
  const std::set<source::TopicPartition> there(partitions.begin(), partitions.end());
  std::erase_if(ends_, [&](const auto& end) { return !there.contains(end.first); });
  return Behind().empty();
}

}  // namespace frazil::ingest
