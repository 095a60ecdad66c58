#include "record/row_origins.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace frazil::record {
namespace {

// `second` begins where `first` ends.
bool Join(const RowOrigin& first, const RowOrigin& second) {
  return first.source == second.source && first.next == second.first;
}

}  // namespace

void RowOrigins::Add(RowOrigin origin) {
  const auto before = [](const RowOrigin& a, const RowOrigin& b) {
    return std::tie(a.source, a.first) < std::tie(b.source, b.first);
  };
  const auto after = std::lower_bound(list_.begin(), list_.end(), origin, before);
  const bool joins_before = after != list_.begin() && Join(*std::prev(after), origin);
  const bool joins_after = after != list_.end() && Join(origin, *after);
  if (joins_before) {
    RowOrigin& last = *std::prev(after);
    last.next = origin.next;
    last.rows += origin.rows;
    if (!joins_after) return;
    last.next = after->next;
    last.rows += after->rows;
    list_.erase(after);
  } else if (joins_after) {
    after->first = origin.first;
    after->rows += origin.rows;
  } else {
    list_.insert(after, std::move(origin));
  }
}

void RowOrigins::Add(const RowOrigins& others) {
  for (const RowOrigin& origin : others.list_) Add(origin);
}

bool RowOrigins::Contains(std::string_view topic, int32_t partition, int64_t offset) const {
  const auto at_or_before = [&](const RowOrigin& one) {
    const std::string_view its(one.source.topic);
    return std::tie(its, one.source.partition, one.first) <= std::tie(topic, partition, offset);
  };
  const auto behind = std::partition_point(list_.begin(), list_.end(), at_or_before);
  if (behind == list_.begin()) return false;
  const RowOrigin& one = *std::prev(behind);
  return one.source.topic == topic && one.source.partition == partition && offset < one.next;
}

}  // namespace frazil::record
