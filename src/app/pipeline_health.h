// What /health says of the pipelines of this process.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ingest/progress.h"
#include "serve/metrics_server.h"

namespace frazil::app {

// Thread-safe.
class PipelineHealth {
 public:
  // Its next commit says that a trouble is over.
  void Watch(const std::string& pipeline, std::shared_ptr<const ingest::Progress> progress);
  // It failed `times` times in a row, and starts again by itself.
  void Retries(const std::string& pipeline, const std::string& reason, int times);
  // It has ended for good.
  void Failed();

  serve::Health Now() const;

 private:
  struct Trouble {
    std::chrono::steady_clock::time_point last;
    std::string text;
  };

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const ingest::Progress>> progress_;
  std::map<std::string, Trouble> troubles_;
  bool failed_ = false;
};

}  // namespace frazil::app
