// `frazil verify`: proves a table from its own history.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/confirm.h"
#include "app/open_catalog.h"
#include "app/process_memory.h"
#include "app/table_place.h"
#include "app/text_table.h"
#include "app/verbs/verb.h"
#include "app/verify_report.h"
#include "ops/repair.h"
#include "ops/verify.h"
#include "source/open.h"
#include "table/table.h"

namespace frazil::app {
namespace {

constexpr int64_t kDefaultMemoryLimit = int64_t{512} << 20;
constexpr int64_t kLeastForPages = 16 << 20;

struct VerifyFlags {
  TableFlags table;
  std::string brokers = "localhost:9092";
  bool exclusive = false;
  bool against_topic = false;
  bool deep = false;
  int64_t memory_limit_mb = 0;  // 0: the limit of the configuration
  bool repair = false;
};

// Returns the source of the pipeline of this name, else of another pipeline that feeds the table. Without a file it
// returns the source of the flags.
source::Config WhatFeeds(const VerifyFlags& flags, const TablePlace& place, const std::string& pipeline) {
  source::kafka::Options options;
  options.brokers = flags.brokers;
  options.group = "frazil-verify";
  if (!place.config) return options;
  const PipelineConfig* found = nullptr;
  for (const PipelineConfig& each : place.config->pipelines) {
    if (each.sink != place.sink) continue;
    if (found == nullptr || each.options.name == pipeline) found = &each;
  }
  return found == nullptr ? options : found->reads;
}

// The memory limit in bytes: of the flags, else of a pipeline that feeds the table, else the default.
int64_t MemoryLimit(const VerifyFlags& flags, const TablePlace& place) {
  if (flags.memory_limit_mb > 0) return flags.memory_limit_mb << 20;
  for (const PipelineConfig& each : place.config ? place.config->pipelines : std::vector<PipelineConfig>()) {
    if (each.sink == place.sink) return each.memory_limit;
  }
  return kDefaultMemoryLimit;
}

ops::VerifyOptions Options(const VerifyFlags& flags, const TablePlace& place) {
  ops::VerifyOptions options;
  options.exclusive = flags.exclusive;
  options.deep = flags.deep;
  options.page_memory = [limit = MemoryLimit(flags, place)] {
    // Two thirds only, since freed memory does not go back to the system at once.
    return std::max((limit - ResidentBytes()) * 2 / 3, kLeastForPages);
  };
  if (!flags.against_topic) return options;
  options.open_topic = [&](const std::string& pipeline, const std::string& topic) {
    source::Config reads = WhatFeeds(flags, place, pipeline);
    source::NarrowTo(reads, topic);
    return source::Open(reads);
  };
  return options;
}

// Verifies the table as it is now, and prints the report.
Result<ops::VerifyReport> LookAt(const catalog::LoadedTable& table, const catalog::TableIdent& ident,
                                 const VerifyFlags& flags, const TablePlace& place) {
  FRAZIL_ASSIGN_OR_RETURN(ops::VerifyReport report, ops::Verify(table, Options(flags, place)));
  const auto json = VerifyJson(ident, report);
  fmt::print("{}", flags.table.json ? FormatJson(json) : VerifyText(json));
  return report;
}

// Asks the user about each repair. Returns true if at least one was made.
Result<bool> RepairAsAnswered(const std::shared_ptr<table::Table>& table, const ops::VerifyReport& report) {
  FRAZIL_ASSIGN_OR_RETURN(const auto repairs, ops::ProposeRepairs(table, report));
  if (repairs.empty()) fmt::print("\nNothing of this can be repaired by a commit: do as is said above\n");
  bool any = false;
  for (const ops::Repair& repair : repairs) {
    if (!SaysYes(repair.question)) continue;
    FRAZIL_RETURN_IF_ERROR(repair.apply());
    fmt::print("done\n");
    any = true;
  }
  return any;
}

int Verify(const VerifyFlags& flags) {
  const auto place = FindPlace(flags.table);
  if (!place) return Failed(place.error(), kUsage);
  const auto ident = NamedTable(flags.table, *place);
  if (!ident) return Failed(ident.error(), kUsage);
  const auto catalog = OpenCatalog(place->catalog);
  if (!catalog) return Failed(catalog.error());
  auto loaded = (*catalog)->LoadTable(*ident);
  if (!loaded) return Failed(loaded.error());
  const auto table = std::make_shared<table::Table>(*catalog, *ident, *std::move(loaded));
  auto report = LookAt(table->current(), *ident, flags, *place);
  if (!report) return Failed(report.error());
  if (flags.repair && !report->findings.empty()) {
    const auto repaired = RepairAsAnswered(table, *report);
    if (!repaired) return Failed(repaired.error());
    if (*repaired) {
      const auto now = table->Reload(table::Table::History::kWhole);
      if (!now) return Failed(now.error());
      fmt::print("\n");
      report = LookAt(*now, *ident, flags, *place);
      if (!report) return Failed(report.error());
    }
  }
  return report->findings.empty() ? kDone : kProblem;
}

}  // namespace

void AddVerifyVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<VerifyFlags>();
  auto* verb = app.add_subcommand("verify", "Prove from a table's own history that every offset is in it once");
  AddTableFlags(*verb, "TABLE", "NAMESPACE.TABLE; with -c: the sink's table unless given", flags->table);
  verb->add_flag("--exclusive", flags->exclusive, "Nobody else writes to the table: what others did is wrong");
  auto* against = verb->add_flag("--against-topic", flags->against_topic,
                                 "Also read the topic again, as far as it reaches back, and compare");
  verb->add_option("--brokers", flags->brokers, "Where the topic is, without -c")
      ->capture_default_str()
      ->needs(against)
      ->excludes(verb->get_option("--config"));
  auto* deep = verb->add_flag("--deep", flags->deep,
                              "Read every page of every file, and hold what is said of them against the rows");
  verb->add_option("--memory-limit-mb", flags->memory_limit_mb,
                   "What the process may take with --deep (default: memory_limit_mb of the pipeline, or 512)")
      ->check(CLI::Range(128, 1 << 20))
      ->needs(deep);
  verb->add_flag("--repair", flags->repair, "Ask about each thing that a commit can repair, and look again")
      ->excludes(verb->get_option("--json"));
  verb->footer(
      "Exit code 3 if something is wrong with the table.\n\nExamples:\n  frazil verify default.weather\n"
      "  frazil verify -c weather.yaml --against-topic");
  verb->callback([flags, &action] { action = [flags] { return Verify(*flags); }; });
}

}  // namespace frazil::app
