// What `run` shows at the bottom of a terminal while it works.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/status_line.h"
#include "ingest/progress.h"

namespace frazil::app {

struct ProgressView {
  std::string name;            // of the pipeline, or "3 pipelines"
  double records_per_sec = 0;  // read
  double bytes_per_sec = 0;    // of the records read
  std::optional<int64_t> lag;  // records that are not in the table yet, if known
  int64_t rows = 0;            // committed
  std::optional<std::chrono::seconds> since_commit;
};

// One line of at most `columns` characters.
std::string ProgressText(const ProgressView& view, int columns);

// Rewrites the status line on a thread of its own. The destructor ends the thread and clears the line.
class ProgressLine {
 public:
  using Pipelines = std::vector<std::shared_ptr<const ingest::Progress>>;

  ProgressLine(StatusLine& line, std::string name, Pipelines pipelines);
  ~ProgressLine();

 private:
  void Run();

  StatusLine& line_;
  const std::string name_;
  const Pipelines pipelines_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;  // not running if the system could not start one
};

}  // namespace frazil::app
