#include "topic.h"

#include <algorithm>

namespace frazil::simulation {

void Topic::DeleteBefore(int partition, int64_t offset) {
  const auto at = static_cast<size_t>(partition);
  begins_[at] = offset;
  lost_before_[at] = std::max(lost_before_[at], offset);
}

void Topic::Recreate() {
  ++life_;
  // Longer than what was read of the old one, so that nobody is stopped by its end.
  for (int64_t& end : ends_) end += 5;
  std::fill(begins_.begin(), begins_.end(), 0);
}

Slot Topic::At(int partition, int64_t offset) {
  const uint64_t kind = Dice(static_cast<uint64_t>(partition) * 1000 + static_cast<uint64_t>(offset)).Throw() % 16;
  return kind < 2 ? Slot::kGap : kind == 2 ? Slot::kSkipped : kind < 6 ? Slot::kBad : Slot::kRow;
}

record::OffsetRange Topic::RangeOf(int partition, int64_t first, int64_t next, bool errors_table) {
  record::OffsetRange range{PartitionOf(partition), first, next, 0, {}};
  for (int64_t offset = first; offset < next; ++offset) {
    switch (At(partition, offset)) {
      case Slot::kRow:
        ++range.counts.rows;
        break;
      case Slot::kSkipped:
        ++range.counts.skipped;
        break;
      case Slot::kBad:
        ++(errors_table ? range.counts.errors : range.counts.skipped);
        break;
      case Slot::kGap:
        ++range.counts.gaps;
        break;
    }
  }
  return range;
}

void Group::Join(const std::string& member, Dice& dice, const Topic& topic) {
  members_.push_back(member);
  Rebalance(dice, topic);
}

void Group::Leave(const std::string& member, Dice& dice, const Topic& topic) {
  std::erase(members_, member);
  Rebalance(dice, topic);
}

void Group::Rebalance(Dice& dice, const Topic& topic) {
  owners_.clear();
  if (members_.empty()) return;
  for (int partition = 0; partition < topic.partitions(); ++partition) owners_[partition] = dice.OneOf(members_);
}

bool Group::HasOthers(const std::string& than) const {
  return std::any_of(members_.begin(), members_.end(), [&](const std::string& member) { return member != than; });
}

std::vector<int> Group::AssignedTo(const std::string& member) const {
  std::vector<int> assigned;
  for (const auto& [partition, owner] : owners_) {
    if (owner == member) assigned.push_back(partition);
  }
  return assigned;
}

}  // namespace frazil::simulation
