// How a plan is shown.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "app/plan.h"
#include "app/text_table.h"
#include "iceberg/type_text.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestExample = 40;
constexpr size_t kPartitionsShown = 10;

std::string Shown(std::string value, bool mask) {
  if (mask) {
    for (char& c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isdigit(byte) != 0) c = '9';
      if (std::isupper(byte) != 0) c = 'X';
      if (std::islower(byte) != 0 || byte >= 0x80) c = 'x';
    }
  }
  std::replace_if(
      value.begin(), value.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  if (value.size() <= kLongestExample) return value;
  size_t end = kLongestExample;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;  // within a letter
  return value.substr(0, end) + "…";
}

Json Columns(const ops::Preview& preview, bool mask) {
  Json rows = Json::array();
  const auto& fields = preview.table->schema()->fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const ops::ColumnEvidence& seen = preview.evidence[i];
    rows.push_back({{"column", fields[i].name},
                    {"type", iceberg::TypeText(*fields[i].type)},
                    {"required", fields[i].required},
                    {"rows_with_it", seen.rows},
                    {"example", seen.rows == 0 ? Json() : Json(Shown(seen.example, mask))}});
  }
  return rows;
}

Json Partitions(const ops::Preview& preview) {
  Json rows = Json::array();
  for (const auto& [path, count] : preview.partitions) rows.push_back({{"partition", path}, {"rows", count}});
  return rows;
}

Json Offsets(const PipelinePlan& plan) {
  Json rows = Json::array();
  for (const auto& [stream, from] : *plan.from) {
    const auto end = plan.until.find(stream);
    const int64_t until = end == plan.until.end() ? from : end->second;
    rows.push_back({{"topic", stream.topic},
                    {"partition", stream.partition},
                    {"from", from},
                    {"end", until},
                    {"ahead", std::max<int64_t>(until - from, 0)}});
  }
  return rows;
}

void AddList(std::string_view title, const std::vector<std::string>& lines, std::string& out) {
  if (lines.empty()) return;
  out += fmt::format("\n{}\n", title);
  for (const std::string& line : lines) out += fmt::format("  {}\n", line);
}

std::string Outcome(CheckLine::Outcome outcome) {
  switch (outcome) {
    case CheckLine::Outcome::kOk:
      return "ok";
    case CheckLine::Outcome::kFailed:
      return "failed";
    case CheckLine::Outcome::kSkipped:
      return "skipped";
    case CheckLine::Outcome::kWarned:
      return "warned";
  }
  return "";
}

void AddChecks(const PipelinePlan& plan, std::string& out) {
  out += "\nTried\n";
  for (const CheckLine& line : plan.checks) {
    out += fmt::format("  {:<7} {}: {}\n", Outcome(line.outcome), line.subject, line.detail);
    if (!line.advice.empty()) out += fmt::format("          {}\n", line.advice);
  }
}

void AddSample(const ops::Preview& preview, bool mask, std::string& out) {
  out += fmt::format("\nColumns, by a sample of {} ({} of them rows)\n", FormatNumber(preview.sampled, "record"),
                     FormatCount(preview.rows));
  out += FormatTable({{"column", "COLUMN"},
                      {"type", "TYPE"},
                      {"rows_with_it", "ROWS WITH IT", Show::kCount},
                      {"example", mask ? "EXAMPLE (MASKED)" : "EXAMPLE"}},
                     Columns(preview, mask));
}

// Records of the sample stand for those to come.
void AddCommits(const PipelinePlan& plan, const ingest::SinkOptions& options, std::string& out) {
  const ops::Preview& preview = *plan.preview;
  out += fmt::format("\nA commit is due with {}, or {} s after its first record, or with a file of {}\n",
                     FormatNumber(options.batch_size, "record"),
                     std::chrono::duration_cast<std::chrono::seconds>(options.flush_interval).count(),
                     FormatBytes(options.target_file_size));
  const size_t partitions = preview.partitions.size();
  if (partitions == 0) return;
  if (partitions == 1 && preview.partitions[0].path.empty()) {
    out += "  not partitioned: a file a commit, or more where it is larger\n";
    return;
  }
  out += fmt::format("  {} in the sample: as many files a commit at most, or more where they are larger\n",
                     FormatNumber(static_cast<int64_t>(partitions), "partition"));
  for (size_t i = 0; i < std::min(partitions, kPartitionsShown); ++i) {
    out += fmt::format("    {}: {}\n", preview.partitions[i].path, FormatNumber(preview.partitions[i].rows, "row"));
  }
  if (partitions > kPartitionsShown) out += fmt::format("    and {} more\n", partitions - kPartitionsShown);
}

}  // namespace

std::string PlanText(const PipelinePlan& plan, const ingest::SinkOptions& options, bool mask) {
  std::string out = fmt::format("Pipeline {} into table {}\n", plan.pipeline, plan.table.ToString());
  AddList("A run would stop", plan.stops, out);
  AddChecks(plan, out);
  AddList("Notes", plan.notes, out);
  if (plan.preview && plan.preview->table) {
    const ops::Preview& preview = *plan.preview;
    AddSample(preview, mask, out);
    AddList("Bad records in the sample: " + FormatCount(preview.bad_records), preview.bad, out);
    AddList("Remarks", preview.remarks, out);
    AddList("Changes of the table", preview.changes, out);
    if (!plan.statements.empty()) {
      out += fmt::format("\nAs SQL (Spark)\n{}\n", fmt::join(plan.statements, "\n"));
    } else {
      out += "\nThe table stays as it is\n";
    }
    AddCommits(plan, options, out);
  }
  if (plan.from) {
    out += fmt::format("\nOffsets: {} ahead\n", FormatNumber(plan.ahead(), "record"));
    out += FormatTable({{"topic", "TOPIC"},
                        {"partition", "PARTITION", Show::kNumber},
                        {"from", "FROM", Show::kNumber},
                        {"end", "END", Show::kNumber},
                        {"ahead", "AHEAD", Show::kCount}},
                       Offsets(plan));
  }
  if (plan.memory) {
    out += fmt::format("\nMemory: {}; {} for fetched records, {} for decoded ones, row groups of {}\n",
                       FormatNumber(plan.memory->lanes, "lane"), FormatBytes(plan.memory->fetched),
                       FormatBytes(plan.memory->held), FormatBytes(plan.memory->row_group));
  }
  std::vector<std::string> gaps;
  for (const auto& [reader, what] : plan.gaps) gaps.push_back(fmt::format("{}: {}", reader, what));
  AddList("What readers will not read", gaps, out);
  return out;
}

Json PlanJson(const PipelinePlan& plan, bool mask) {
  Json json = {{"pipeline", plan.pipeline},
               {"table", plan.table.ToString()},
               {"would_stop", plan.stops_a_run()},
               {"stops", plan.stops},
               {"notes", plan.notes},
               {"checks", Json::array()}};
  for (const CheckLine& line : plan.checks) {
    json["checks"].push_back({{"outcome", Outcome(line.outcome)},
                              {"subject", line.subject},
                              {"detail", line.detail},
                              {"advice", line.advice}});
  }
  if (plan.preview) {
    const ops::Preview& preview = *plan.preview;
    json["table_exists"] = preview.table_exists;
    json["sample"] = {{"records", preview.sampled},         {"bytes", preview.bytes}, {"rows", preview.rows},
                      {"bad_records", preview.bad_records}, {"bad", preview.bad},     {"remarks", preview.remarks}};
    json["columns"] = preview.table ? Columns(preview, mask) : Json::array();
    json["partitions"] = Partitions(preview);
    json["changes"] = preview.changes;
    json["statements"] = plan.statements;
  }
  if (plan.from) {
    json["offsets"] = Offsets(plan);
    json["records_ahead"] = plan.ahead();
  }
  if (plan.memory) {
    json["memory"] = {{"lanes", plan.memory->lanes},
                      {"fetched", plan.memory->fetched},
                      {"held", plan.memory->held},
                      {"row_group", plan.memory->row_group}};
  }
  json["readers"] = Json::array();
  for (const auto& [reader, what] : plan.gaps) json["readers"].push_back({{"reader", reader}, {"will_not_read", what}});
  return json;
}

}  // namespace frazil::app
