#include "app/pipeline_health.h"

#include <fmt/core.h>

namespace frazil::app {

void PipelineHealth::Watch(const std::string& pipeline, std::shared_ptr<const ingest::Progress> progress) {
  std::lock_guard lock(mutex_);
  progress_[pipeline] = std::move(progress);
}

void PipelineHealth::Retries(const std::string& pipeline, const std::string& reason, int times) {
  std::lock_guard lock(mutex_);
  troubles_[pipeline] = {
      std::chrono::steady_clock::now(),
      fmt::format("pipeline '{}' failed {} and is tried again: {}", pipeline,
                  times == 1 ? std::string("once") : fmt::format("{} times in a row", times), reason)};
}

void PipelineHealth::Failed() {
  std::lock_guard lock(mutex_);
  failed_ = true;
}

serve::Health PipelineHealth::Now() const {
  std::lock_guard lock(mutex_);
  serve::Health health;
  for (const auto& [pipeline, trouble] : troubles_) {
    const auto progress = progress_.find(pipeline);
    if (progress != progress_.end() && progress->second->last_commit.load() > trouble.last) continue;
    health.state = serve::Health::State::kRetrying;
    health.error += (health.error.empty() ? "" : "; ") + trouble.text;
  }
  if (failed_) health = {serve::Health::State::kFailed, "a pipeline failed"};
  return health;
}

}  // namespace frazil::app
