// `frazil check`: prints a line for each thing that it tried.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "app/check.h"
#include "app/config.h"
#include "app/verbs/verb.h"
#include "common/log.h"

namespace frazil::app {
namespace {

struct CheckFlags {
  std::string file;
  std::string sink;
  bool scratch_table = false;
};

void Print(const CheckLine& line) {
  switch (line.outcome) {
    case CheckLine::Outcome::kOk:
      fmt::print("ok    {}: {}\n", line.subject, line.detail);
      break;
    case CheckLine::Outcome::kSkipped:
      fmt::print("skip  {}: {}\n", line.subject, line.detail);
      break;
    case CheckLine::Outcome::kWarned:
      fmt::print("warn  {}: {}\n", line.subject, line.detail);
      if (!line.advice.empty()) fmt::print("      {}\n", line.advice);
      break;
    case CheckLine::Outcome::kFailed:
      fmt::print("FAIL  {}: {}\n", line.subject, line.detail);
      if (!line.advice.empty()) fmt::print("      {}\n", line.advice);
      break;
  }
}

// True if `source` feeds the sink, or if no sink was chosen.
bool Wanted(const Config& config, const SourceConfig& source, const std::string& sink) {
  return sink.empty() || std::any_of(config.pipelines.begin(), config.pipelines.end(), [&](const auto& pipeline) {
           return pipeline.source == source.name && pipeline.sink == sink;
         });
}

int Check(const CheckFlags& flags) {
  const auto config = LoadConfig(flags.file);
  if (!config) return Failed(config.error(), kUsage);
  for (const auto& warning : config->warnings) log::warn("{}: {}", flags.file, warning);
  if (!flags.sink.empty()) {
    if (const auto sink = ChooseSink(*config, flags.sink); !sink) return Failed(sink.error(), kUsage);
  }
  int problems = 0;
  const auto print_all = [&](const std::vector<CheckLine>& lines) {
    for (const auto& line : lines) {
      Print(line);
      if (line.outcome == CheckLine::Outcome::kFailed) ++problems;
    }
  };
  std::set<std::string> silent;
  for (const auto& source : config->sources) {
    if (!Wanted(*config, source, flags.sink)) continue;
    const auto checked = CheckSource(source);
    print_all(checked.lines);
    if (!checked.answers) silent.insert(source.name);
  }
  for (const auto& sink : config->sinks) {
    if (flags.sink.empty() || sink.name == flags.sink)
      print_all(CheckSink(sink, config->pipelines, silent, flags.scratch_table));
  }
  return problems == 0 ? kDone : kProblem;
}

}  // namespace

void AddCheckVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<CheckFlags>();
  auto* verb = app.add_subcommand("check", "Try broker, topics, catalog, table and storage of a configuration file");
  verb->add_option("-c,--config", flags->file, "Configuration file")->required();
  verb->add_option("--sink", flags->sink, "Only this sink and the sources that feed it");
  verb->add_flag("--scratch-table", flags->scratch_table,
                 "Also make a table, commit offsets to it, and drop it: tells how the catalog keeps offsets");
  verb->footer("Exit code 3 if a problem was found.\n\nExample:\n  frazil check -c weather.yaml");
  verb->callback([flags, &action] { action = [flags] { return Check(*flags); }; });
}

}  // namespace frazil::app
