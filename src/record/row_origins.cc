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

}  // namespace frazil::record
