#include "app/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "app/ddl.h"
#include "app/open_catalog.h"
#include "app/pipeline_memory.h"
#include "app/readers.h"
#include "ingest/committer_setup.h"
#include "ingest/table_setup.h"
#include "source/open.h"

namespace frazil::app {
namespace {

using source::Positions;
using source::StreamId;

const SourceConfig& SourceOf(const Config& config, const PipelineConfig& pipeline) {
  return *std::find_if(config.sources.begin(), config.sources.end(),
                       [&](const SourceConfig& source) { return source.name == pipeline.source; });
}

// Of the sink only what concerns this pipeline, which may be one that is not enabled.
std::vector<CheckLine> CheckOnly(const Config& config, const PipelineConfig& pipeline) {
  CheckedSource source = CheckSource(SourceOf(config, pipeline));
  PipelineConfig alone = pipeline;
  alone.enabled = true;
  const std::set<std::string> silent = source.answers ? std::set<std::string>() : std::set{pipeline.source};
  auto sink = CheckSink(*config.FindSink(pipeline.sink), {alone}, silent, /*scratch_table=*/false);
  std::move(sink.begin(), sink.end(), std::back_inserter(source.lines));
  return std::move(source.lines);
}

// Where the partitions stand that the table, or the group, knows; then where the others would begin.
Result<Positions> BeginningOf(const PipelineConfig& pipeline, const std::shared_ptr<catalog::Catalog>& catalog,
                              const std::optional<catalog::LoadedTable>& table, source::Source& source,
                              const std::vector<StreamId>& streams) {
  Positions known;
  std::vector<StreamId> fresh, late;
  if (pipeline.options.sink.delivery == ingest::Delivery::kAtLeastOnce) {
    FRAZIL_ASSIGN_OR_RETURN(known, source.group()->Stored(streams));
    for (const StreamId& stream : streams) {
      if (!known.contains(stream)) fresh.push_back(stream);
    }
  } else if (!table) {
    fresh = streams;
  } else {
    const auto live = std::make_shared<table::Table>(catalog, pipeline.options.sink.table, *table);
    FRAZIL_ASSIGN_OR_RETURN(const auto committer, ingest::OpenCommitter(live, pipeline.options, source, streams));
    known = committer->next();
    for (const StreamId& stream : streams) {
      if (known.contains(stream)) continue;
      (committer->Established(stream.topic) ? late : fresh).push_back(stream);
    }
  }
  FRAZIL_ASSIGN_OR_RETURN(Positions from, source.ResolveStart(fresh, pipeline.options.start));
  FRAZIL_ASSIGN_OR_RETURN(const Positions first, source.ResolveStart(late, {source::StartAt::Kind::kEarliest}));
  from.insert(first.begin(), first.end());
  for (const StreamId& stream : streams) {
    if (const auto stands = known.find(stream); stands != known.end()) from.insert(*stands);
  }
  return from;
}

// What is ahead, and what a sample of it would become.
Status Rehearse(const PipelineConfig& pipeline, PipelinePlan& plan) {
  const ingest::SinkOptions& options = pipeline.options.sink;
  FRAZIL_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(pipeline.catalog));
  auto loaded = catalog->LoadTable(options.table);
  if (!loaded && loaded.error().kind != ErrorKind::kNotFound) return tl::unexpected<Error>(loaded.error());
  const std::optional<catalog::LoadedTable> table = loaded ? std::optional(*loaded) : std::nullopt;
  FRAZIL_ASSIGN_OR_RETURN(const auto source, source::Open(pipeline.reads));
  FRAZIL_ASSIGN_OR_RETURN(const auto streams, source->Streams());
  FRAZIL_ASSIGN_OR_RETURN(plan.from, BeginningOf(pipeline, catalog, table, *source, streams));
  FRAZIL_ASSIGN_OR_RETURN(plan.until, source->EndOffsets(streams));

  // A new table is told from the log's start, whatever is read of it.
  Positions sampled = *plan.from;
  if (!table) {
    FRAZIL_ASSIGN_OR_RETURN(sampled, source->ResolveStart(streams, {source::StartAt::Kind::kEarliest}));
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto sample, ingest::SampleForSchema(*source, sampled));
  const iceberg::TableMetadata* const existing = table ? table->metadata.get() : nullptr;
  FRAZIL_ASSIGN_OR_RETURN(plan.preview, ops::PreviewTable(options, existing, sample));
  if (!plan.preview->table) return {};
  if (existing != nullptr) {
    plan.statements = AlterTableStatements(options.table, *existing, *plan.preview->table);
  } else {
    plan.statements = {CreateTableStatement(options.table, *plan.preview->table)};
  }
  return {};
}

void FindGaps(const SinkConfig& sink, const PlanWishes& wishes, PipelinePlan& plan) {
  if (!plan.preview || !plan.preview->table) return;
  for (const std::string& reader : wishes.readers.empty() ? sink.readers : wishes.readers) {
    for (std::string& gap : Unreadable(reader, *plan.preview->table)) plan.gaps.push_back({reader, std::move(gap)});
  }
}

}  // namespace

bool PipelinePlan::stops_a_run() const {
  return !stops.empty() || std::any_of(checks.begin(), checks.end(), [](const CheckLine& line) {
    return line.outcome == CheckLine::Outcome::kFailed;
  });
}

int64_t PipelinePlan::ahead() const {
  int64_t records = 0;
  if (!from) return records;
  for (const auto& [stream, end] : until) {
    const auto begin = from->find(stream);
    if (begin != from->end()) records += std::max<int64_t>(end - begin->second, 0);
  }
  return records;
}

PipelinePlan PlanRun(const Config& config, const PipelineConfig& pipeline, const PlanWishes& wishes) {
  PipelinePlan plan;
  plan.pipeline = pipeline.options.name;
  plan.table = pipeline.options.sink.table;
  plan.checks = CheckOnly(config, pipeline);
  if (const auto memory = PlanMemoryOf(pipeline, /*file_buffer=*/0); memory) {
    plan.memory = *memory;
  } else {
    plan.stops.push_back(memory.error().message);
  }
  if (plan.stops_a_run()) return plan;  // what failed has been said, and why
  if (const Status rehearsed = Rehearse(pipeline, plan); !rehearsed) {
    plan.stops.push_back(rehearsed.error().message);
    return plan;
  }
  if (plan.preview->bad_records > 0 && pipeline.options.sink.on_bad_record == ingest::OnBadRecord::kFail) {
    plan.stops.push_back(fmt::format("{} (on_bad_record: fail)", plan.preview->bad.front()));
  }
  if (!plan.preview->table) {
    plan.notes.emplace_back("there is no record yet to tell the table's columns from: a run waits for the first one");
  }
  FindGaps(*config.FindSink(pipeline.sink), wishes, plan);
  return plan;
}

}  // namespace frazil::app
