// The progress of a pipeline, for display. The pipeline writes it, and any thread may read it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace frazil::ingest {

struct Progress {
  static constexpr int64_t kUnknown = -1;

  bool shown = false;               // somebody watches it all the time; set before the pipeline begins
  std::atomic<int64_t> records{0};  // read from the source
  std::atomic<int64_t> bytes{0};    // bytes of these records
  std::atomic<int64_t> rows{0};     // committed
  std::atomic<int64_t> lag{kUnknown};
  std::atomic<std::chrono::steady_clock::time_point> last_commit{};  // the clock's epoch means none yet
};

}  // namespace frazil::ingest
