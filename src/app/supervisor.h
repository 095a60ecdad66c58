// The pipelines of a process: each runs on a thread of its own, starts again after trouble that may pass, is stopped or
// replaced while the others go on, and is told of.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/config.h"
#include "app/pipeline_health.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "common/time/stop_flag.h"
#include "ingest/pipeline_reporter.h"

namespace frazil::app {

// One thread starts, stops, replaces and waits; State and Health are for any thread.
class Supervisor {
 public:
  // How one try of a pipeline ended.
  struct Attempt {
    Result<ingest::PipelineReport> report;
    bool worked = false;     // it got as far as reading
    bool committed = false;  // and as far as a commit
    bool abandoned = false;  // a commit of it did not end in time: its thread is left behind, and ends with the process
  };
  // Runs a pipeline until it ends or `stop` is set. Called on the pipeline's thread, whose waits hear `stop`.
  using RunOnce = std::function<Attempt(const PipelineConfig& pipeline, const StopFlag& stop)>;

  struct Options {
    RunOnce run_once;
    std::function<void(const Error&)> tell;          // that a pipeline has failed for good; on its thread
    bool once = false;                               // one that fails is not tried again
    std::optional<std::chrono::seconds> every = {};  // one that has ended runs again after so long
    Clock* clock = &Clock::System();
  };

  struct PipelineState {
    enum class Phase : uint8_t { kRuns, kWaits, kDone, kFailed } phase = Phase::kRuns;
    int restarts = 0;        // after trouble
    std::string error = {};  // the last one
  };

  explicit Supervisor(Options options);
  ~Supervisor();  // as AwaitAll with a stop that is set
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // kAlreadyExists if one of the name runs; kUnavailable where the machine gives no thread, and then it has failed.
  Status Start(PipelineConfig pipeline);
  // Returns when what it had in hand is committed, or given up.
  void Stop(const std::string& name);
  // Stops the one of that name, if there is one, and starts this in its place.
  Status Replace(PipelineConfig pipeline);
  // Returns when all have ended. Once `stop` is set they are asked to.
  void AwaitAll(const StopFlag& stop);

  std::map<std::string, PipelineState> States() const;  // by name, of all that were ever started
  serve::Health Health() const { return health_.Now(); }
  bool AnyFailed() const;
  bool AnyAbandoned() const;

 private:
  struct Running {
    PipelineConfig config;
    StopFlag stop;
    bool ended = false;
    std::thread thread;
  };

  void RunOn(const PipelineConfig& pipeline, const StopFlag& stop);
  Attempt Try(const PipelineConfig& pipeline, const StopFlag& stop);
  void Note(const std::string& name, PipelineState::Phase phase, const std::string& error = {});
  void FailFor(const std::string& name, const Error& error);

  const Options options_;
  PipelineHealth health_;
  mutable std::mutex mutex_;  // guards what follows; the entries' configurations and threads are the driving thread's
  std::condition_variable ended_;
  std::map<std::string, std::unique_ptr<Running>> running_;  // by name
  std::map<std::string, PipelineState> states_;
  bool abandoned_ = false;
};

}  // namespace frazil::app
