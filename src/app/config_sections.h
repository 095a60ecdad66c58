// The sections of a configuration file: what each map of it may hold.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/config_key.h"
#include "common/limits.h"
#include "io/file_io.h"

namespace frazil::app {

// `sources.<name>` and `sinks.<name>`. Their names are the caller's to set.
const Section<SourceConfig>& SourceKeys();
const Section<SinkConfig>& SinkKeys();

// `security:` of a Kafka source, as librdkafka's properties.
const Section<std::map<std::string, std::string>>& SecurityKeys();

// `catalog:` of a sink; storage settings are the sink's to give to it.
const Section<CatalogConfig>& CatalogKeys();

// `s3:`, `gcs:` and `azure:` of a sink, under Iceberg's property names.
const Section<io::Properties>& S3Keys();
const Section<io::Properties>& GcsKeys();
const Section<io::Properties>& AzureKeys();

// What a sink says of how its files are cut. Read, the first four have become the last two.
struct Partitioning {
  enum class Strategy : uint8_t { kNone, kTableDefault, kIdentity, kBucket, kTime };
  std::optional<Strategy> strategy;
  std::vector<std::string> columns;
  int32_t buckets = 16;
  iceberg::TransformKind granularity = iceberg::TransformKind::kDay;
  std::optional<std::vector<iceberg::TransformTerm>> partition_by;
  std::optional<std::vector<iceberg::SortTerm>> sort_by;
};
const Section<Partitioning>& PartitioningKeys();

// A column that `schema:` of a sink declares.
const Section<iceberg::Field>& ColumnKeys();
// Reads the list; its columns are taken into `names`.
std::vector<iceberg::Field> ReadSchema(YamlMap& config, std::string_view key, iceberg::ColumnNames& names);

// The names that a file gives to its sources and sinks, those whose sections are broken among them.
struct Names {
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
};
// `pipelines.<name>`, of what `config` has.
const KeyTable& PipelineKeys();
std::optional<PipelineConfig> ReadPipeline(YamlMap& map, const std::string& name, const Config& config,
                                           const Names& names);

const Section<serve::MetricsServerOptions>& MetricsKeys();

// What holds where `limits:` says nothing: less than usual where a pipeline has little memory.
Limits DefaultLimits(const std::vector<PipelineConfig>& pipelines);
const Section<Limits>& LimitKeys();

// Reports that the value of `key`, a place that is shown, holds a user or a password, and what to do `instead`.
void ReportUserInfo(YamlMap& map, std::string_view key, std::string_view instead);
// Reports that the file or folder that `key` names is not there.
void ReportNoFile(YamlMap& map, std::string_view key, const std::string& path);

}  // namespace frazil::app
