// The sections of a configuration file. Each reads one map whole and reports its mistakes to the map's Problems; what
// it returns is to be used only if there were none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "app/yaml_reader.h"
#include "common/limits.h"
#include "io/file_io.h"

namespace frazil::app {

// Keys that stand in another section, to send users there.
std::span<const KnownPlace> KnownPlaces();

SourceConfig ReadSource(YamlMap& source, const std::string& name);
SinkConfig ReadSink(YamlMap& sink, const std::string& name, std::vector<std::string>& warnings);

// Reports that the value of `key`, a place that is shown, holds a user or a password, and what to do `instead`.
void ReportUserInfo(YamlMap& map, std::string_view key, std::string_view instead);

// `catalog:` of a sink. `storage` goes to the catalog as it is.
CatalogConfig ReadCatalog(YamlMap& catalog, const io::Properties& storage);
// `s3:`, `gcs:` and `azure:` of a sink, under Iceberg's property names.
io::Properties ReadS3(YamlMap& s3);
io::Properties ReadGcs(YamlMap& gcs);
io::Properties ReadAzure(YamlMap& azure);
// What holds where `limits:` says nothing: less than usual where a pipeline has little memory.
Limits DefaultLimits(const std::vector<PipelineConfig>& pipelines);
// `limits:` over those.
void ReadLimits(YamlMap& map, Limits& limits);
// `schema:` of a sink. Its columns are taken into `names`.
std::vector<iceberg::Field> ReadSchema(YamlMap& config, iceberg::ColumnNames& names);

}  // namespace frazil::app
