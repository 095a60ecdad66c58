// `frazil run`, and what `frazil sync` shares with it.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "app/config.h"
#include "common/time/stop_flag.h"

namespace frazil::app {

struct RunFlags {
  std::string pipeline;  // empty: all enabled pipelines
  bool once = false;
  int64_t limit = 0;                          // with `once`: about this many records per pipeline; 0: no limit
  std::optional<std::chrono::seconds> every;  // run once, and again after this time
  // These override the configuration.
  std::optional<int> metrics_port;
  std::optional<std::string> metrics_address;
  std::optional<std::string> metrics_token_file;
};

void AddMetricsFlags(CLI::App& verb, RunFlags& flags);

// Runs the pipelines, each on a thread of its own, until they end or `stop` is set. A pipeline that fails prints why to
// stderr and leaves the others running. It starts again if it had worked and the trouble may pass, unless it is to run
// once. Returns the exit code.
int RunPipelines(const Config& config, const RunFlags& flags, const StopFlag& stop);

}  // namespace frazil::app
