#include "app/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <chrono>

#include "app/config_sections.h"
#include "app/yaml_reader.h"
#include "common/text/nearest_word.h"
#include "io/whole_file.h"

namespace frazil::app {
namespace {

constexpr int64_t kLongestConfig = 16 << 20;
constexpr std::chrono::seconds kPipePatience{30};

// Names become parts of property keys, metric labels and consumer groups.
void CheckName(YamlMap& section, const std::string& name) {
  const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  if (!good) section.Add(name, "a name may hold letters, digits, \".\", \"_\" and \"-\" only");
}

template <class T>
const T* FindNamed(const std::vector<T>& things, std::string_view name) {
  const auto it = std::find_if(things.begin(), things.end(), [&](const T& thing) { return thing.name == name; });
  return it == things.end() ? nullptr : &*it;
}

// What `key` of a pipeline refers to. Names whose own section is broken count: they are reported there.
template <class T>
const T* Referred(YamlMap& pipeline, std::string_view key, const std::vector<T>& things,
                  const std::vector<std::string>& names) {
  pipeline.Require(key, fmt::format("the name of a {} of this file", key));
  const auto name = pipeline.Text(key);
  if (!name || FindNamed(things, *name) != nullptr) return name ? FindNamed(things, *name) : nullptr;
  const std::vector<std::string_view> words(names.begin(), names.end());
  const std::string expected = words.empty() ? fmt::format("this file has no {}s", key)
                                             : fmt::format("expected one of {}", fmt::join(words, ", "));
  pipeline.Add(key, fmt::format("there is no {} \"{}\"; {}{}", key, *name, expected, DidYouMean(*name, words)));
  return nullptr;
}

// Bytes of one record, unpacked.
constexpr int64_t kLeastRecordLimit = 1 << 10, kMostRecordLimit = 1 << 30;

// What follows from the limit for what the source may hold.
void SetMemoryLimit(PipelineConfig& pipeline, int64_t limit) {
  constexpr int64_t kUsualShare = 64;  // several lanes may have a longest record each
  constexpr int64_t kAnswerShare = 4;
  pipeline.memory_limit = limit;
  source::ReadOptions& reading = source::ReadOptionsOf(pipeline.reads);
  reading.max_record_bytes = std::min(limit / kUsualShare, kMostRecordLimit);
  reading.max_answer_bytes = limit / kAnswerShare;
}

std::optional<PipelineConfig> ReadPipeline(YamlMap& map, const std::string& name, const Config& config,
                                           const std::vector<std::string>& source_names,
                                           const std::vector<std::string>& sink_names) {
  const auto* source = Referred(map, "source", config.sources, source_names);
  const auto* sink = Referred(map, "sink", config.sinks, sink_names);
  const bool enabled = map.Flag("enabled").value_or(true);
  const auto memory_limit_mb = map.Integer("memory_limit_mb", 128, 1 << 20);
  const auto max_record_bytes = map.Integer("max_record_bytes", kLeastRecordLimit, kMostRecordLimit);
  const auto lanes = map.Integer("lanes", 0, 1024);
  const auto take_over = map.Text("take_over");
  const bool independent = map.Flag("independent").value_or(false);
  if (take_over && independent) map.Add("independent", "take_over and independent: true exclude each other");
  map.NotYet({{"transforms", ""}, {"transform", ""}, {"sql", ""}, {"streams", ""}});
  map.Finish(KnownPlaces());
  if (source == nullptr || sink == nullptr) return std::nullopt;

  PipelineConfig pipeline = MakePipeline(name, *source, *sink);
  pipeline.enabled = enabled;
  if (memory_limit_mb) SetMemoryLimit(pipeline, *memory_limit_mb << 20);
  if (max_record_bytes) {
    constexpr int64_t kTimes = ingest::kRecordTimes;
    if (*max_record_bytes > pipeline.memory_limit / kTimes) {
      map.Add("max_record_bytes",
              fmt::format("a record takes up to {} times its length on its way: with memory_limit_mb: {} at most {} "
                          "can be allowed; raise memory_limit_mb",
                          kTimes, pipeline.memory_limit >> 20, pipeline.memory_limit / kTimes));
    }
    source::ReadOptionsOf(pipeline.reads).max_record_bytes = *max_record_bytes;
  }
  if (lanes) pipeline.options.lanes = static_cast<int>(*lanes);
  pipeline.options.sink.take_over = take_over.value_or("");
  pipeline.options.sink.independent = independent;
  return pipeline;
}

serve::MetricsServerOptions ReadMetrics(YamlMap& metrics) {
  serve::MetricsServerOptions options;
  metrics.Require("port", "where /metrics and /health are served; 0 takes one that is free");
  if (const auto port = metrics.Integer("port", 0, 65535)) options.port = static_cast<int>(*port);
  options.address = metrics.Text("address").value_or(options.address);
  const auto token = metrics.Text("token");
  options.token = token.value_or("");
  metrics.Finish();
  if (metrics.Has("token") && !token) return options;  // it could not be read, which is told
  // An empty one would be taken for none, and let everybody in.
  if (token && token->empty()) {
    metrics.Add("token", "is empty; give it a value or leave the key out");
  } else if (const Status allowed = serve::CheckAccess(options); !allowed) {
    metrics.Add(token ? "token" : "address", allowed.error().message);
  }
  return options;
}

// Reads each named map of `section`, if the section is there, and returns the names.
template <class Read>
std::vector<std::string> ReadNamed(YamlMap& root, std::string_view section, Read read) {
  auto maps = root.Map(section);
  if (!maps) return {};
  for (const auto& name : maps->Keys()) {
    CheckName(*maps, name);
    if (auto map = maps->Map(name)) read(*map, name);
  }
  return maps->Keys();
}

Config ReadRoot(YamlMap& root, const std::string& file) {
  Config config;
  config.file = file;
  const auto version = root.Text("version");
  if (version && *version != "1.0" && *version != "1") root.Add("version", "expected \"1.0\"");
  const auto source_names = ReadNamed(
      root, "sources", [&](YamlMap& map, const std::string& name) { config.sources.push_back(ReadSource(map, name)); });
  const auto sink_names = ReadNamed(root, "sinks", [&](YamlMap& map, const std::string& name) {
    config.sinks.push_back(ReadSink(map, name, config.warnings));
  });
  ReadNamed(root, "pipelines", [&](YamlMap& map, const std::string& name) {
    if (auto pipeline = ReadPipeline(map, name, config, source_names, sink_names)) {
      config.pipelines.push_back(*std::move(pipeline));
    }
  });
  if (auto metrics = root.Map("metrics")) config.metrics = ReadMetrics(*metrics);
  config.limits = DefaultLimits(config.pipelines);
  if (auto limits = root.Map("limits")) ReadLimits(*limits, config.limits);
  root.NotYet({{"gateway", ""}, {"serve", "use metrics"}});
  root.Finish(KnownPlaces());
  return config;
}

// Which of `names` is meant; `what` is what they are, "sink".
Result<size_t> Choose(const std::string& file, std::string_view what, const std::vector<std::string_view>& names,
                      const std::string& name) {
  if (names.empty()) return Fail(ErrorKind::kInvalidArgument, "{} has no {}s", file, what);
  if (name.empty()) {
    if (names.size() == 1) return 0;
    return Fail(ErrorKind::kInvalidArgument, "{} has {} {}s; choose one with --{}: {}", file, names.size(), what, what,
                fmt::join(names, ", "));
  }
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  return Fail(ErrorKind::kInvalidArgument, "{} has no {} \"{}\"; it has {}{}", file, what, name, fmt::join(names, ", "),
              DidYouMean(name, names));
}

}  // namespace

const SinkConfig* Config::FindSink(std::string_view name) const { return FindNamed(sinks, name); }

PipelineConfig MakePipeline(const std::string& name, const SourceConfig& source, const SinkConfig& sink) {
  PipelineConfig pipeline;
  pipeline.source = source.name;
  pipeline.sink = sink.name;
  pipeline.reads = source.reads;
  SetMemoryLimit(pipeline, pipeline.memory_limit);
  pipeline.catalog = sink.catalog;
  source::NameGroup(pipeline.reads, name);
  const auto& metadata = sink.options.decoder.metadata;
  const auto on_bad_record = sink.options.on_bad_record;
  source::ReadOptionsOf(pipeline.reads).want_headers =
      std::find(metadata.begin(), metadata.end(), decode::MetadataColumn::kHeaders) != metadata.end() ||
      on_bad_record == ingest::OnBadRecord::kErrorsTable || on_bad_record == ingest::OnBadRecord::kTopic;
  pipeline.options.name = name;
  pipeline.options.start = source.start;
  pipeline.options.on_lost_records = source.on_lost_records;
  pipeline.options.sink = sink.options;
  pipeline.options.sink.format = source.format;
  return pipeline;
}

Result<Config> ParseConfig(const std::string& text, const std::string& name, const Environment& environment) {
  YAML::Node root;
  try {
    root = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    return Fail(ErrorKind::kInvalidArgument, "{}:{}: this is not YAML: {} (column {})", name, error.mark.line + 1,
                error.msg, error.mark.column + 1);
  }
  if (!root.IsMap()) {
    return Fail(ErrorKind::kInvalidArgument, "{}:1: expected a map with the keys version, sources, sinks, pipelines",
                name);
  }
  Problems problems(name, environment);
  YamlMap map(root, "", problems);
  auto config = ReadRoot(map, name);
  FRAZIL_RETURN_IF_ERROR(problems.ToStatus());
  return config;
}

Result<Config> LoadConfig(const std::string& path) {
  // Also what a shell's <(command) makes, which may take its time.
  const auto text = io::ReadWholeFile(path, kLongestConfig, kPipePatience);
  if (!text) return Fail(ErrorKind::kInvalidArgument, "cannot read configuration {}: {}", path, text.error().message);
  FRAZIL_ASSIGN_OR_RETURN(Config config, ParseConfig(*text, path, ProcessEnvironment()));
  SetLimits(config.limits);
  return config;
}

Result<const SinkConfig*> ChooseSink(const Config& config, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& sink : config.sinks) names.push_back(sink.name);
  FRAZIL_ASSIGN_OR_RETURN(const size_t chosen, Choose(config.file, "sink", names, name));
  return &config.sinks[chosen];
}

Result<const PipelineConfig*> ChoosePipeline(const Config& config, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& pipeline : config.pipelines) names.push_back(pipeline.options.name);
  FRAZIL_ASSIGN_OR_RETURN(const size_t chosen, Choose(config.file, "pipeline", names, name));
  return &config.pipelines[chosen];
}

}  // namespace frazil::app
