// `frazil verify`: proves a table from its own history.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/open_catalog.h"
#include "app/table_place.h"
#include "app/text_table.h"
#include "app/verbs/verb.h"
#include "app/verify_report.h"
#include "ops/verify.h"
#include "source/kafka/kafka_source.h"
#include "source/kafka/options.h"

namespace frazil::app {
namespace {

struct VerifyFlags {
  TableFlags table;
  std::string brokers = "localhost:9092";
  bool exclusive = false;
  bool against_topic = false;
};

// What the pipeline of this name reads, or any other that feeds the table; without a file what the flags say.
source::kafka::Options TopicOptions(const VerifyFlags& flags, const TablePlace& place, const std::string& pipeline) {
  source::kafka::Options options;
  options.brokers = flags.brokers;
  options.group = "frazil-verify";
  if (!place.config) return options;
  const PipelineConfig* found = nullptr;
  for (const PipelineConfig& each : place.config->pipelines) {
    if (each.sink != place.sink) continue;
    if (found == nullptr || each.options.name == pipeline) found = &each;
  }
  return found == nullptr ? options : found->kafka;
}

ops::VerifyOptions Options(const VerifyFlags& flags, const TablePlace& place) {
  ops::VerifyOptions options;
  options.exclusive = flags.exclusive;
  if (!flags.against_topic) return options;
  options.open_topic = [&](const std::string& pipeline, const std::string& topic) {
    source::kafka::Options kafka = TopicOptions(flags, place, pipeline);
    kafka.topics = {topic};
    kafka.topic_pattern.clear();
    return source::kafka::OpenKafkaSource(kafka);
  };
  return options;
}

int Verify(const VerifyFlags& flags) {
  const auto place = FindPlace(flags.table);
  if (!place) return Failed(place.error(), kUsage);
  const auto ident = NamedTable(flags.table, *place);
  if (!ident) return Failed(ident.error(), kUsage);
  const auto catalog = OpenCatalog(place->catalog);
  if (!catalog) return Failed(catalog.error());
  const auto table = (*catalog)->LoadTable(*ident);
  if (!table) return Failed(table.error());
  const auto report = ops::Verify(*table, Options(flags, *place));
  if (!report) return Failed(report.error());
  const auto json = VerifyJson(*ident, *report);
  fmt::print("{}", flags.table.json ? FormatJson(json) : VerifyText(json));
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
  verb->footer(
      "Exit code 3 if something is wrong with the table.\n\nExamples:\n  frazil verify default.weather\n"
      "  frazil verify -c weather.yaml --against-topic");
  verb->callback([flags, &action] { action = [flags] { return Verify(*flags); }; });
}

}  // namespace frazil::app
