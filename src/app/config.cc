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

// All that a file says.
struct Root {
  Config config;
  Names names;
};

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

Key Named(std::string_view name, std::string_view about, const KeyTable& below) {
  return {.type = Key::Type::kNamed, .name = name, .about = about, .below = &below};
}

const Section<Root>& FileKeys() {
  static const auto keys =
      Section<Root>("app")
          .Add({.name = "version", .about = "the only one there is", .fallback = "1.0", .words = {"1.0", "1"}},
               [](const Key& key, YamlMap& map, Root&) {
                 const auto version = map.Text(key.name);
                 if (version && *version != "1.0" && *version != "1") map.Add(key.name, "expected \"1.0\"");
               })
          .Add(Named("sources", "[where records come from](#sourcesname)", SourceKeys()),
               [](const Key& key, YamlMap& map, Root& root) {
                 root.names.sources = ReadNamed(map, key.name, [&](YamlMap& source, const std::string& name) {
                   SourceConfig& read = root.config.sources.emplace_back();
                   read.name = name;
                   SourceKeys().Read(source, read);
                 });
               })
          .Add(Named("sinks", "[the tables they go to](#sinksname)", SinkKeys()),
               [](const Key& key, YamlMap& map, Root& root) {
                 root.names.sinks = ReadNamed(map, key.name, [&](YamlMap& sink, const std::string& name) {
                   SinkConfig& read = root.config.sinks.emplace_back();
                   read.name = name;
                   SinkKeys().Read(sink, read);
                 });
               })
          .Add(Named("pipelines", "[which source feeds which sink](#pipelinesname); `frazil run` needs one",
                     PipelineKeys()),
               [](const Key& key, YamlMap& map, Root& root) {
                 ReadNamed(map, key.name, [&](YamlMap& pipeline, const std::string& name) {
                   if (auto read = ReadPipeline(pipeline, name, root.config, root.names)) {
                     root.config.pipelines.push_back(*std::move(read));
                   }
                 });
                 root.config.limits = DefaultLimits(root.config.pipelines);
               })
          .Map(
              "metrics", [](Root & root) -> auto& { return root.config.metrics; }, MetricsKeys(),
              "[where `/metrics` and `/health` are served](#metrics)")
          .Map(
              "limits", [](Root & root) -> auto& { return root.config.limits; }, LimitKeys(),
              "how much is taken from servers and files, and how long they are waited for")
          .Otherwise("[each its own](trust.md#limits)")
          .NotYet({{"gateway", ""}, {"serve", "use metrics"}})
          .Instead({{"broker", "write brokers: HOST:PORT into the config of each source"}});
  return keys;
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

const KeyTable& RootKeys() { return FileKeys(); }

const SinkConfig* Config::FindSink(std::string_view name) const {
  const auto it = std::find_if(sinks.begin(), sinks.end(), [&](const SinkConfig& sink) { return sink.name == name; });
  return it == sinks.end() ? nullptr : &*it;
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
  Root read;
  FileKeys().Read(map, read);
  FRAZIL_RETURN_IF_ERROR(problems.ToStatus());
  read.config.file = name;
  read.config.warnings = problems.warnings();
  return std::move(read.config);
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
