#include "app/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/restarts.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/system/thread.h"
#include "common/time/interruptible_sleep.h"

namespace frazil::app {
namespace {

using Phase = Supervisor::PipelineState::Phase;

// AwaitAll notices a stop within this time.
constexpr auto kLookEvery = std::chrono::milliseconds(50);

// True for trouble that can end without a change of the configuration, such as a server that is down or a full disk.
bool MayPass(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kCommitUnknown:
    case ErrorKind::kCommitConflict:
    case ErrorKind::kIo:
      return true;
    default:
      return false;
  }
}

void LogDone(const std::string& name, const ingest::PipelineReport& report) {
  log::info("pipeline '{}': done: {} records in {} files ({} bytes) and {} commits, {} records skipped{}", name,
            report.rows, report.files, report.bytes, report.commits, report.skipped,
            report.errors > 0 ? fmt::format(", {} in the errors table", report.errors) : std::string());
}

}  // namespace

Supervisor::Supervisor(Options options) : options_(std::move(options)) {}

Supervisor::~Supervisor() {
  StopFlag stop;
  stop.Set();
  AwaitAll(stop);
}

Status Supervisor::Start(PipelineConfig pipeline) {
  const std::string name = pipeline.options.name;
  auto running = std::make_unique<Running>();
  running->config = std::move(pipeline);
  if (running->config.options.progress) health_.Watch(name, running->config.options.progress);
  Running& own = *running;
  {
    const std::lock_guard lock(mutex_);
    const auto there = running_.find(name);
    if (there != running_.end() && !there->second->ended) {
      return Fail(ErrorKind::kAlreadyExists, "pipeline '{}' runs already", name);
    }
    if (there != running_.end()) there->second->thread.join();
    running_[name] = std::move(running);
    states_[name] = {};
  }
  auto thread = StartThread(fmt::format("pipeline '{}'", name), [this, &own] {
    RunOn(own.config, own.stop);
    const std::lock_guard lock(mutex_);
    own.ended = true;
    ended_.notify_all();
  });
  if (thread) {
    own.thread = *std::move(thread);
    return {};
  }
  FailFor(name, thread.error());
  const std::lock_guard lock(mutex_);
  running_.erase(name);
  return tl::unexpected<Error>(thread.error());
}

void Supervisor::Stop(const std::string& name) {
  std::unique_ptr<Running> stopped;
  {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(name);
    if (found == running_.end()) return;
    found->second->stop.Set();
  }
  // The thread takes the lock as its last act, so join it without holding the lock.
  running_.at(name)->thread.join();
  const std::lock_guard lock(mutex_);
  running_.erase(name);
}

Status Supervisor::Replace(PipelineConfig pipeline) {
  Stop(pipeline.options.name);
  return Start(std::move(pipeline));
}

void Supervisor::AwaitAll(const StopFlag& stop) {
  std::unique_lock lock(mutex_);
  const auto all_ended = [&] {
    return std::all_of(running_.begin(), running_.end(), [](const auto& each) { return each.second->ended; });
  };
  while (!all_ended()) {
    if (stop.IsSet()) {
      for (const auto& [name, running] : running_) running->stop.Set();
    }
    ended_.wait_for(lock, kLookEvery);
  }
  lock.unlock();
  for (const auto& [name, running] : running_) running->thread.join();
  running_.clear();
}

Supervisor::Attempt Supervisor::Try(const PipelineConfig& pipeline, const StopFlag& stop) {
  Attempt attempt{Fail(ErrorKind::kInternal, "it did not run")};
  const Status thrown = OrThrown("running", [&]() -> Status {
    attempt = options_.run_once(pipeline, stop);
    return {};
  });
  if (!thrown) attempt.report = tl::unexpected<Error>(thrown.error());
  return attempt;
}

void Supervisor::RunOn(const PipelineConfig& pipeline, const StopFlag& stop) {
  const std::string& name = pipeline.options.name;
  // A failure before the pipeline has worked once is likely a mistake in the configuration, and somebody is watching.
  bool has_worked = false;
  Restarts restarts;
  const StopScope scope(&stop);
  for (;;) {
    Note(name, Phase::kRuns);
    const Attempt attempt = Try(pipeline, stop);
    const auto& report = attempt.report;
    has_worked |= attempt.worked;
    if (attempt.abandoned) {
      const std::lock_guard lock(mutex_);
      abandoned_ = true;
    }
    std::chrono::milliseconds wait = options_.every.value_or(std::chrono::seconds(0));
    if (report) {
      LogDone(name, *report);
      if (!options_.every) return Note(name, Phase::kDone);
      Note(name, Phase::kWaits);
    } else if (stop.IsSet() && report.error().kind == ErrorKind::kCancelled) {
      log::info("pipeline '{}': stopped before it read anything: {}", name, report.error().message);
      return Note(name, Phase::kDone);
    } else if (options_.once || !has_worked || !MayPass(report.error())) {
      return FailFor(name, {report.error().kind, fmt::format("pipeline '{}': {}", name, report.error().message)});
    } else {
      const Restarts::Plan plan = restarts.After(report.error(), attempt.committed);
      wait = std::max(wait, plan.wait);
      metrics::Pipeline(name, pipeline.options.sink.table.ToString()).Restarted();
      health_.Retries(name, report.error().message, plan.times);
      log::warn("pipeline '{}': {}", name, plan.told);
      Note(name, Phase::kWaits, report.error().message);
    }
    if (!SleepUnlessStopped(*options_.clock, wait)) return Note(name, Phase::kDone);
  }
}

void Supervisor::Note(const std::string& name, Phase phase, const std::string& error) {
  const std::lock_guard lock(mutex_);
  PipelineState& state = states_[name];
  state.phase = phase;
  if (error.empty()) return;
  state.error = error;
  if (phase == Phase::kWaits) ++state.restarts;
}

void Supervisor::FailFor(const std::string& name, const Error& error) {
  Note(name, Phase::kFailed, error.message);
  health_.Failed();
  options_.tell(error);
}

std::map<std::string, Supervisor::PipelineState> Supervisor::States() const {
  const std::lock_guard lock(mutex_);
  return states_;
}

bool Supervisor::AnyFailed() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(states_.begin(), states_.end(),
                     [](const auto& each) { return each.second.phase == Phase::kFailed; });
}

bool Supervisor::AnyAbandoned() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

}  // namespace frazil::app
