// The pipelines of a process. Each runs on a thread of its own. It starts again after trouble that may pass, and it can
// be stopped or replaced while the others go on.
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

// One thread calls Start, Stop, Replace, AwaitAll and the destructor. The const methods are thread-safe.
class Supervisor {
 public:
  // How one run of a pipeline ended.
  struct Attempt {
    Result<ingest::PipelineReport> report;
    bool worked = false;     // it got as far as reading
    bool committed = false;  // it committed something
    // A commit did not end in time. Its thread goes on until the process ends.
    bool abandoned = false;
  };
  // Runs a pipeline until it ends or `stop` is set. It is called on the pipeline's thread, inside a StopScope of
  // `stop`, so that waits on that thread end when `stop` is set.
  using RunOnce = std::function<Attempt(const PipelineConfig& pipeline, const StopFlag& stop)>;

  struct Options {
    RunOnce run_once;
    std::function<void(const Error&)> tell;          // called on a pipeline's thread when it has failed for good
    bool once = false;                               // a pipeline that fails is not started again
    std::optional<std::chrono::seconds> every = {};  // a pipeline that has ended runs again after this time
    Clock* clock = &Clock::System();
  };

  struct PipelineState {
    enum class Phase : uint8_t { kRuns, kWaits, kDone, kFailed } phase = Phase::kRuns;
    int restarts = 0;        // after failures
    std::string error = {};  // the last error
  };

  explicit Supervisor(Options options);
  ~Supervisor();  // stops all pipelines and waits for them
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Starts a pipeline. kAlreadyExists if one of the same name runs. kUnavailable if the system cannot start a thread;
  // then the pipeline counts as failed for good.
  Status Start(PipelineConfig pipeline);
  // Asks the pipeline to stop and waits until it has committed what it had read, or has given it up. Does nothing if
  // there is no pipeline of that name.
  void Stop(const std::string& name);
  // Stops the pipeline of the same name, if there is one, and starts this one in its place. Errors as of Start.
  Status Replace(PipelineConfig pipeline);
  // Waits until all pipelines have ended. Once `stop` is set, it asks them to stop.
  void AwaitAll(const StopFlag& stop);

  std::map<std::string, PipelineState> States() const;  // by name, for all pipelines that were ever started
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
  // Guards what follows, except `config` and `thread` of the entries: only the driving thread touches these.
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::string, std::unique_ptr<Running>> running_;  // by name
  std::map<std::string, PipelineState> states_;
  bool abandoned_ = false;
};

}  // namespace frazil::app
