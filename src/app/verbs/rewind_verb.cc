// `frazil rewind`: moves a pipeline to other offsets, by a commit.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "app/moment.h"
#include "app/open_catalog.h"
#include "app/text_table.h"
#include "app/verbs/verb.h"
#include "ingest/committer_setup.h"
#include "source/open.h"

namespace frazil::app {
namespace {

using source::Positions;
using source::StartAt;
using source::TopicPartition;

struct RewindFlags {
  std::string file;
  std::string pipeline;
  std::string to;  // exactly one of `to`, `offsets` and `snapshot` is given
  std::vector<std::string> offsets;
  std::optional<int64_t> snapshot;
  bool dry_run = false;
  bool json = false;
};

// The source and the committer that the verb works with.
struct Subject {
  std::unique_ptr<source::Source> source;
  std::unique_ptr<table::Committer> committer;
};

Result<Subject> Open(const PipelineConfig& config) {
  if (config.options.sink.delivery == ingest::Delivery::kAtLeastOnce) {
    return Fail(ErrorKind::kInvalidArgument,
                "pipeline '{}' delivers at least once: its offsets are those of consumer group '{}', which Kafka's own "
                "tools set while it does not run",
                config.options.name, source::Describe(config.reads).group);
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(config.catalog));
  const catalog::TableIdent& ident = config.options.sink.table;
  FRAZIL_ASSIGN_OR_RETURN(auto loaded, catalog->LoadTable(ident));
  FRAZIL_ASSIGN_OR_RETURN(auto source, source::Open(config.reads));
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source->Streams());
  auto table = std::make_shared<table::Table>(catalog, ident, std::move(loaded));
  FRAZIL_ASSIGN_OR_RETURN(auto committer, ingest::OpenCommitter(std::move(table), config.options, *source, partitions));
  return Subject{std::move(source), std::move(committer)};
}

// Parses "3=250", or "weather:3=250" if the pipeline reads several topics.
Result<std::pair<TopicPartition, int64_t>> ParseOffset(const std::string& text, const Positions& known) {
  const auto wrong = [&](std::string_view why) {
    return Fail(ErrorKind::kInvalidArgument,
                "--to-offsets: \"{}\": {}; write PARTITION=OFFSET or TOPIC:PARTITION=OFFSET", text, why);
  };
  TopicPartition which;
  int64_t offset = 0;
  const size_t colon = text.rfind(':');
  const size_t equals = text.rfind('=');
  const size_t begin = colon == std::string::npos ? 0 : colon + 1;
  const auto number = [&](size_t from, size_t to, auto& value) {
    const auto [stop, error] = std::from_chars(text.data() + from, text.data() + to, value);
    return error == std::errc() && stop == text.data() + to && value >= 0;
  };
  if (equals == std::string::npos || equals < begin) return wrong("there is no \"=\"");
  if (!number(begin, equals, which.partition)) return wrong("the partition is no number");
  if (!number(equals + 1, text.size(), offset)) return wrong("the offset is no number");
  if (colon != std::string::npos) {
    which.topic = text.substr(0, colon);
  } else if (!known.empty()) {
    which.topic = known.begin()->first.topic;
    if (known.rbegin()->first.topic != which.topic) return wrong("the pipeline reads several topics");
  }
  if (!known.contains(which)) return wrong("the pipeline has not read that partition");
  return std::pair(which, offset);
}

// Returns the offsets to move the partitions to. `known`: the offsets where they stand.
Result<Positions> Target(const RewindFlags& flags, const Subject& subject, const Positions& known) {
  if (flags.snapshot) return subject.committer->StoodAt(*flags.snapshot);
  Positions target;
  if (!flags.offsets.empty()) {
    for (const std::string& text : flags.offsets) {
      FRAZIL_ASSIGN_OR_RETURN(const auto one, ParseOffset(text, known));
      target.insert(one);
    }
    return target;
  }
  StartAt to;
  if (flags.to == "latest") {
    to.kind = StartAt::Kind::kLatest;
  } else if (flags.to != "earliest") {
    const auto millis = ParseMoment(flags.to);
    if (!millis) {
      return Fail(ErrorKind::kInvalidArgument, "--to: \"{}\" is neither earliest nor latest nor {}", flags.to,
                  kMomentForm);
    }
    to = {StartAt::Kind::kTimestamp, *millis};
  }
  return subject.source->ResolveStart(source::StreamsOf(known), to);
}

// Checks that the log has the offsets of `target`. If not, the pipeline would stop at its next read.
Status CheckAgainstLog(const Positions& target, source::Log& source) {
  const std::vector<TopicPartition> partitions = source::StreamsOf(target);
  FRAZIL_ASSIGN_OR_RETURN(const Positions first, source.ResolveStart(partitions, {StartAt::Kind::kEarliest}));
  FRAZIL_ASSIGN_OR_RETURN(const Positions end, source.EndOffsets(partitions));
  for (const auto& [which, offset] : target) {
    if (offset >= first.at(which) && offset <= end.at(which)) continue;
    return Fail(
        ErrorKind::kInvalidArgument,
        "topic {}, partition {}: offset {} is not in the log, which goes from {} to {}; --to earliest goes back "
        "as far as it reaches",
        which.topic, which.partition, offset, first.at(which), end.at(which));
  }
  return {};
}

nlohmann::ordered_json Plan(const Positions& from, const Positions& target) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& [which, to] : target) {
    const int64_t stands = from.at(which);
    rows.push_back({{"topic", which.topic},
                    {"partition", which.partition},
                    {"stands_at", stands},
                    {"goes_to", to},
                    {"read_again", std::max<int64_t>(stands - to, 0)},
                    {"left_out", std::max<int64_t>(to - stands, 0)}});
  }
  return rows;
}

int Rewind(const RewindFlags& flags) {
  const auto config = LoadConfig(flags.file);
  if (!config) return Failed(config.error(), kUsage);
  const auto pipeline = ChoosePipeline(*config, flags.pipeline);
  if (!pipeline) return Failed(pipeline.error(), kUsage);
  const auto subject = Open(**pipeline);
  if (!subject) return Failed(subject.error());
  const Positions from = subject->committer->next();
  auto target = Target(flags, *subject, from);
  if (!target) return Failed(target.error(), target.error().kind == ErrorKind::kInvalidArgument ? kUsage : kFailed);
  std::erase_if(*target, [&](const auto& each) { return !from.contains(each.first); });
  if (const auto fits = CheckAgainstLog(*target, *subject->source); !fits) return Failed(fits.error(), kUsage);
  const auto plan = Plan(from, *target);
  if (!flags.dry_run) {
    const Status moved = subject->committer->MoveTo(*target);
    if (!moved && moved.error().kind == ErrorKind::kFenced) {
      return Failed(
          {ErrorKind::kFenced, fmt::format("pipeline '{}' runs and has moved meanwhile: stop it, or try again "
                                           "({})",
                                           (*pipeline)->options.name, moved.error().message)});
    }
    if (!moved) return Failed(moved.error());
  }
  if (flags.json) {
    fmt::print("{}", FormatJson(plan));
    return kDone;
  }
  fmt::print("{}", FormatTable({{"topic", "TOPIC"},
                                {"partition", "PARTITION", Show::kNumber},
                                {"stands_at", flags.dry_run ? "STANDS AT" : "STOOD AT", Show::kNumber},
                                {"goes_to", flags.dry_run ? "WOULD GO TO" : "STANDS AT", Show::kNumber},
                                {"read_again", "READ AGAIN", Show::kCount},
                                {"left_out", "LEFT OUT", Show::kCount}},
                               plan));
  return kDone;
}

}  // namespace

void AddRewindVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<RewindFlags>();
  auto* verb = app.add_subcommand("rewind", "Move a pipeline to other offsets, to read again or to leave out");
  verb->add_option("-c,--config", flags->file, "Configuration file")->required();
  verb->add_option("--pipeline", flags->pipeline, "Which, if there are several");
  auto* where = verb->add_option_group("where");
  where->add_option("--to", flags->to, "earliest, latest, or a time: the first records from then on");
  where->add_option("--to-offsets", flags->offsets, "PARTITION=OFFSET or TOPIC:PARTITION=OFFSET, several with commas")
      ->delimiter(',');
  where->add_option("--to-snapshot", flags->snapshot, "Where it stood after this snapshot of the table");
  where->require_option(1);
  verb->add_flag("--dry-run", flags->dry_run, "Only show what it would do");
  verb->add_flag("--json", flags->json, "Print JSON");
  verb->footer(
      "What is read again is written again: remove its rows first, or roll the table back instead.\n\n"
      "Examples:\n  frazil rewind -c weather.yaml --to 2026-01-08T14:00:00Z --dry-run\n"
      "  frazil rewind -c weather.yaml --to-offsets 0=1500,3=1482");
  verb->callback([flags, &action] { action = [flags] { return Rewind(*flags); }; });
}

}  // namespace frazil::app
