#include "ingest/lag_meter.h"

#include <algorithm>
#include <utility>

namespace frazil::ingest {
namespace {

using std::chrono::steady_clock;

constexpr auto kEvery = std::chrono::seconds(10);
constexpr auto kWatchedEvery = std::chrono::seconds(2);  // where somebody sees it

}  // namespace

LagMeter::LagMeter(metrics::Pipeline& metrics, std::shared_ptr<Progress> progress)
    : metrics_(metrics), progress_(std::move(progress)) {}

void LagMeter::Update(source::Log& source, const source::Positions& positions, const source::Positions& committed) {
  const auto now = steady_clock::now();
  if (positions.empty() || now - asked_ < (progress_ && progress_->shown ? kWatchedEvery : kEvery)) return;
  asked_ = now;
  log_ends_ = source.EndOffsets(source::StreamsOf(positions)).value_or(source::Positions());
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
  if (records_) metrics_.Lag(*records_);
  if (progress_) progress_->lag = records_.value_or(Progress::kUnknown);
}

}  // namespace frazil::ingest
