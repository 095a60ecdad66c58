// How far a pipeline is behind the topics that it reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/time/clock.h"
#include "source/log.h"

namespace frazil::ingest {

// Not thread-safe.
class LagMeter {
 public:
  // `is_watched`: somebody sees it, so that it is asked more often. `clock` must outlive it.
  LagMeter(Clock& clock, bool is_watched);

  // Asks the source, unless it was asked a moment ago, where the partitions end that are read, those of `positions`,
  // and counts.
  void Update(source::Log& log, const source::Positions& positions, const source::Positions& committed);
  // Between two questions commits bring it down.
  void Count(const source::Positions& committed);

  // Records at the broker that are not in the table yet, if that is known.
  std::optional<int64_t> records() const { return records_; }
  // Where the partitions ended when last asked; empty if that is not known.
  const source::Positions& log_ends() const { return log_ends_; }

 private:
  Clock& clock_;
  const std::chrono::milliseconds every_;
  std::optional<std::chrono::steady_clock::time_point> asked_;
  source::Positions log_ends_;
  std::optional<int64_t> records_;
};

}  // namespace frazil::ingest
