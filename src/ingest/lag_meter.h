// Measures how far a pipeline is behind the topics that it reads.
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
  // With `is_watched` a person watches the lag, so it is measured more often. `clock` must outlive this object.
  LagMeter(Clock& clock, bool is_watched);

  // Asks the source for the ends of the partitions in `positions`, unless it did so a moment ago, and computes the lag.
  void Update(source::Log& log, const source::Positions& positions, const source::Positions& committed);
  // Computes the lag again after a commit, without asking the source.
  void Count(const source::Positions& committed);

  // The number of records in the topics that are not in the table yet; nullopt if unknown.
  std::optional<int64_t> records() const { return records_; }
  // The ends of the partitions when last asked; empty if unknown.
  const source::Positions& log_ends() const { return log_ends_; }

 private:
  Clock& clock_;
  const std::chrono::milliseconds every_;
  std::optional<std::chrono::steady_clock::time_point> asked_;
  source::Positions log_ends_;
  std::optional<int64_t> records_;
};

}  // namespace frazil::ingest
