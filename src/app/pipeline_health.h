// The answer of /health for the pipelines of this process.
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
  // Makes `progress` the source of the pipeline's last commit. A commit after a failure ends the trouble.
  void Watch(const std::string& pipeline, std::shared_ptr<const ingest::Progress> progress);
  // Notes that the pipeline failed `times` times in a row, and will be started again.
  void Retries(const std::string& pipeline, const std::string& reason, int times);
  // Notes that a pipeline has failed for good. From then on Now() says kFailed.
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
