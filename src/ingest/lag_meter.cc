#include "ingest/lag_meter.h"

#include <algorithm>

namespace frazil::ingest {
namespace {

constexpr auto kEvery = std::chrono::seconds(10);
constexpr auto kWatchedEvery = std::chrono::seconds(2);

}  // namespace

LagMeter::LagMeter(Clock& clock, bool is_watched) : clock_(clock), every_(is_watched ? kWatchedEvery : kEvery) {}

void LagMeter::Update(source::Log& log, const source::Positions& positions, const source::Positions& committed) {
  const auto now = clock_.Steady();
  if (positions.empty() || (asked_ && now - *asked_ < every_)) return;
  asked_ = now;
  log_ends_ = log.EndOffsets(source::StreamsOf(positions)).value_or(source::Positions());
  Count(committed);
}

void LagMeter::Count(const source::Positions& committed) {
  records_.reset();
  for (const auto& [partition, end] : log_ends_) {
    const auto found = committed.find(partition);
    if (found == committed.end()) continue;
    const int64_t behind = std::clamp<int64_t>(end, 0, record::kLargestOffset) - found->second;
    records_ = records_.value_or(0) + std::max<int64_t>(0, behind);
  }
}

}  // namespace frazil::ingest
