// A configuration file, read into the options of the rooms it steers. docs/configuration.md lists every key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/catalog_config.h"
#include "app/env_substitution.h"
#include "common/limits.h"
#include "common/result.h"
#include "ingest/options.h"
#include "serve/metrics_server.h"
#include "source/open.h"

namespace frazil::app {

struct SourceConfig {
  std::string name;
  source::Config reads;  // without a group's name it is the pipeline's
  source::StartAt start;
  ingest::OnLostRecords on_lost_records = ingest::OnLostRecords::kStop;
  decode::FormatPtr format = decode::DefaultFormat();  // of its payloads
};

struct SinkConfig {
  std::string name;
  CatalogConfig catalog;
  ingest::SinkOptions options;
  std::vector<std::string> readers;  // engines that are to read the table (app/readers.h)
};

// One pipeline with all it needs: nothing has to be looked up elsewhere.
struct PipelineConfig {
  std::string source;  // its name under `sources`
  std::string sink;    // its name under `sinks`: pipelines of one sink share its catalog
  bool enabled = true;
  int64_t memory_limit = 512LL << 20;  // bytes that the process may take for this pipeline
  source::Config reads;
  CatalogConfig catalog;
  ingest::PipelineOptions options;
};

struct Config {
  std::string file;  // for messages
  std::vector<SourceConfig> sources;
  std::vector<SinkConfig> sinks;
  std::vector<PipelineConfig> pipelines;
  serve::MetricsServerOptions metrics;
  Limits limits;
  std::vector<std::string> warnings;  // settings that have no effect

  const SinkConfig* FindSink(std::string_view name) const;  // nullptr if absent
};

// kInvalidArgument lists everything that is wrong, a line each: "FILE:LINE: key.path: what, what was expected".
// LoadConfig puts the file's limits in force for this process.
Result<Config> LoadConfig(const std::string& path);
Result<Config> ParseConfig(const std::string& text, const std::string& name, const Environment& environment);

// The sink called `name`, or the only one where `name` is empty. kInvalidArgument names those there are.
Result<const SinkConfig*> ChooseSink(const Config& config, const std::string& name);

// The pipeline called `name`, enabled or not, or the only one where `name` is empty. As above.
Result<const PipelineConfig*> ChoosePipeline(const Config& config, const std::string& name);

// A pipeline of `source` and `sink`, completed where they leave things to it.
PipelineConfig MakePipeline(const std::string& name, const SourceConfig& source, const SinkConfig& sink);

}  // namespace frazil::app
