#include "app/sync_config.h"

#include <fmt/core.h>

namespace frazil::app {

Result<Config> ConfigOfSync(const SyncFlags& flags) {
  SourceConfig source;
  source.name = flags.topic;
  source::kafka::Options kafka;
  kafka.brokers = flags.brokers;
  kafka.topics = {flags.topic};
  source.reads = std::move(kafka);

  SinkConfig sink;
  sink.name = flags.table;
  FRAZIL_ASSIGN_OR_RETURN(sink.options.table, catalog::ParseTableIdent(flags.table));
  FRAZIL_ASSIGN_OR_RETURN(sink.catalog, CatalogFromFlags(flags.catalog));
  if (flags.overwrite) sink.options.commit_mode = ingest::CommitMode::kOverwrite;
  sink.options.batch_size = flags.batch_size.value_or(sink.options.batch_size);

  Config config;
  config.file = "the command line";
  config.sources = {source};
  config.sinks = {sink};
  const std::string name = fmt::format("sync-{}-{}", flags.topic, sink.options.table.ToString());
  config.pipelines = {MakePipeline(name, source, sink)};
  return config;
}

}  // namespace frazil::app
