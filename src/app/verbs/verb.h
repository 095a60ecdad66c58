// What the verbs share: their registration, their exit codes and the way they report an error.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "common/result.h"

namespace frazil::app {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;    // wrong usage or configuration
constexpr int kProblem = 3;  // a check found a problem

// The work of a verb; returns the exit code. The parser sets it for the verb that the command line names, and main
// calls it after the log is set up.
using Action = std::function<int()>;

// Writes the error to stderr and returns `code`.
int Failed(const Error& error, int code = kFailed);

void AddCheckVerb(CLI::App& app, Action& action);
void AddInitVerb(CLI::App& app, Action& action);
void AddPlanVerb(CLI::App& app, Action& action);
void AddProduceVerb(CLI::App& app, Action& action);
void AddReplayErrorsVerb(CLI::App& app, Action& action);
void AddRewindVerb(CLI::App& app, Action& action);
void AddRunVerb(CLI::App& app, Action& action);
void AddSchemaVerb(CLI::App& app, Action& action);
void AddSyncVerb(CLI::App& app, Action& action);
void AddTableVerb(CLI::App& app, Action& action);
void AddVerifyVerb(CLI::App& app, Action& action);
void AddVersionVerb(CLI::App& app, Action& action);

}  // namespace frazil::app
