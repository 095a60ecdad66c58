// `frazil plan`: what a run would do, before anything is written.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/plan.h"
#include "app/readers.h"
#include "app/text_table.h"
#include "app/verbs/verb.h"
#include "common/log.h"

namespace frazil::app {
namespace {

struct PlanFlags {
  std::string file;
  std::string pipeline;
  PlanWishes wishes;
  bool mask = false;
  bool json = false;
};

Result<std::vector<const PipelineConfig*>> Chosen(const Config& config, const std::string& name) {
  std::vector<const PipelineConfig*> chosen;
  if (!name.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(const PipelineConfig* one, ChoosePipeline(config, name));
    return std::vector{one};
  }
  for (const PipelineConfig& pipeline : config.pipelines) {
    if (pipeline.enabled) chosen.push_back(&pipeline);
  }
  if (chosen.empty()) return Fail(ErrorKind::kInvalidArgument, "{} has no pipeline that is enabled", config.file);
  return chosen;
}

int Plan(const PlanFlags& flags) {
  const auto config = LoadConfig(flags.file);
  if (!config) return Failed(config.error(), kUsage);
  for (const auto& warning : config->warnings) log::warn("{}: {}", flags.file, warning);
  const auto chosen = Chosen(*config, flags.pipeline);
  if (!chosen) return Failed(chosen.error(), kUsage);
  bool stops = false;
  auto plans = nlohmann::ordered_json::array();
  for (const PipelineConfig* pipeline : *chosen) {
    const PipelinePlan plan = PlanRun(*config, *pipeline, flags.wishes);
    stops = stops || plan.stops_a_run();
    if (flags.json) {
      plans.push_back(PlanJson(plan, flags.mask));
    } else {
      fmt::print("{}{}", pipeline == chosen->front() ? "" : "\n", PlanText(plan, pipeline->options.sink, flags.mask));
    }
  }
  if (flags.json) fmt::print("{}", FormatJson(plans));
  return stops ? kProblem : kDone;
}

}  // namespace

void AddPlanVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<PlanFlags>();
  auto* verb = app.add_subcommand("plan", "Show what a run would do, before anything is written");
  verb->add_option("-c,--config", flags->file, "Configuration file")->required();
  verb->add_option("--pipeline", flags->pipeline, "Only this one, enabled or not");
  const auto readers = Readers();
  verb->add_option("--readers", flags->wishes.readers, "Engines that are to read the table, with commas between them")
      ->delimiter(',')
      ->check(CLI::IsMember(std::vector<std::string>(readers.begin(), readers.end())));
  verb->add_flag("--mask", flags->mask, "Hide the letters and digits of examples");
  verb->add_flag("--json", flags->json, "Print JSON");
  verb->footer("Exit code 3 where a run would stop.\n\nExample:\n  frazil plan -c weather.yaml --readers spark,trino");
  verb->callback([flags, &action] { action = [flags] { return Plan(*flags); }; });
}

}  // namespace frazil::app
