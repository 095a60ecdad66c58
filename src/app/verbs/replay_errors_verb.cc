// `frazil replay-errors`: decodes the records of the errors table again, and adds those that decode now to the table.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "app/open_catalog.h"
#include "app/process_memory.h"
#include "app/text_table.h"
#include "app/verbs/verb.h"
#include "ops/replay_errors.h"
#include "source/open.h"

namespace frazil::app {
namespace {

struct ReplayFlags {
  std::string table;
  std::string file;
  std::string pipeline;
  bool json = false;
};

// Returns the pipeline that is named, or the only one that writes to the table.
Result<const PipelineConfig*> ChooseFor(const Config& config, const ReplayFlags& flags) {
  if (!flags.pipeline.empty() || flags.table.empty()) return ChoosePipeline(config, flags.pipeline);
  FRAZIL_ASSIGN_OR_RETURN(const catalog::TableIdent ident, catalog::ParseTableIdent(flags.table));
  const PipelineConfig* found = nullptr;
  for (const PipelineConfig& each : config.pipelines) {
    if (each.options.sink.table != ident) continue;
    if (found != nullptr) {
      return Fail(ErrorKind::kInvalidArgument, "several pipelines of {} write to {}: say which (--pipeline)",
                  config.file, flags.table);
    }
    found = &each;
  }
  if (found == nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "no pipeline of {} writes to {}", config.file, flags.table);
  }
  return found;
}

nlohmann::ordered_json Json(const catalog::TableIdent& table, const ops::ReplayReport& report) {
  auto partitions = nlohmann::ordered_json::array();
  for (const auto& [source, counts] : report.partitions) {
    partitions.push_back({{"topic", source.topic},
                          {"partition", source.partition},
                          {"became_rows", counts.became_rows},
                          {"still_bad", counts.still_bad},
                          {"were_rows", counts.were_rows},
                          {"undecided", counts.undecided},
                          {"not_counted", counts.not_counted}});
  }
  return {{"table", table.ToString()},
          {"commits", report.commits},
          {"partitions", std::move(partitions)},
          {"reasons", report.reasons}};
}

void Print(const catalog::TableIdent& table, const ops::ReplayReport& report, const nlohmann::ordered_json& json) {
  ops::ReplayedPartition sum;
  for (const auto& [source, counts] : report.partitions) sum += counts;
  if (report.partitions.empty()) {
    fmt::print("{} has no bad records that were not replayed\n", table.ToString());
    return;
  }
  std::vector<TextColumn> columns = {{"topic", "TOPIC"},
                                     {"partition", "PARTITION", Show::kNumber},
                                     {"became_rows", "BECAME ROWS", Show::kCount},
                                     {"still_bad", "STILL BAD", Show::kCount}};
  if (sum.were_rows > 0) columns.push_back({"were_rows", "WERE ROWS", Show::kCount});
  if (sum.undecided > 0) columns.push_back({"undecided", "UNDECIDED", Show::kCount});
  if (sum.not_counted > 0) columns.push_back({"not_counted", "NOT COUNTED", Show::kCount});
  fmt::print("{}", FormatTable(columns, json.at("partitions")));
  for (const std::string& reason : report.reasons) fmt::print("still bad: {}\n", reason);
  if (sum.undecided > 0) {
    fmt::print(
        "undecided: a rewind or a rollback had them read again, and without the columns _kafka_partition and "
        "_kafka_offset nothing tells whether they became rows then; or there are more than the table counts as bad\n");
  }
  if (sum.not_counted > 0) {
    fmt::print("not counted: the pipeline has not read these offsets, others have\n");
  }
}

int Replay(const ReplayFlags& flags) {
  const auto config = LoadConfig(flags.file);
  if (!config) return Failed(config.error(), kUsage);
  const auto pipeline = ChooseFor(*config, flags);
  if (!pipeline) return Failed(pipeline.error(), kUsage);
  const PipelineConfig& chosen = **pipeline;
  const auto catalog = OpenCatalog(chosen.catalog);
  if (!catalog) return Failed(catalog.error());
  auto source = source::Open(chosen.reads);
  if (!source) return Failed(source.error());
  ingest::PipelineOptions options = chosen.options;
  options.plan_memory = [&chosen](int64_t file_buffer) {
    return ingest::PlanMemory({.limit = chosen.memory_limit,
                               .resident = ResidentBytes(),
                               .lanes = 1,
                               .file_buffer = file_buffer,
                               .longest_record = source::ReadOptionsOf(chosen.reads).max_record_bytes});
  };
  const auto report = ops::ReplayErrors(*catalog, options, **source);
  if (!report) return Failed(report.error());
  const catalog::TableIdent& table = chosen.options.sink.table;
  const auto json = Json(table, *report);
  if (flags.json) {
    fmt::print("{}", FormatJson(json));
  } else {
    Print(table, *report, json);
  }
  return kDone;
}

}  // namespace

void AddReplayErrorsVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ReplayFlags>();
  auto* verb = app.add_subcommand("replay-errors", "Make rows of bad records in the errors table that can be rows now");
  verb->add_option("TABLE", flags->table, "NAMESPACE.TABLE, the main one; may be left out where -c has one pipeline");
  verb->add_option("-c,--config", flags->file, "Configuration file")->required();
  verb->add_option("--pipeline", flags->pipeline, "Which, if several write to the table");
  verb->add_flag("--json", flags->json, "Print JSON");
  verb->footer(
      "To be called once the schema, or what reads it, was mended; the pipeline may run meanwhile. What becomes a row "
      "is marked in the errors table (replayed_at), so that it comes once however often this is called.\n\n"
      "Example:\n  frazil replay-errors default.weather -c weather.yaml");
  verb->callback([flags, &action] { action = [flags] { return Replay(*flags); }; });
}

}  // namespace frazil::app
