// `pipelines.<name>`: which source feeds which sink.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_sections.h"
#include "common/text/nearest_word.h"

namespace frazil::app {
namespace {

template <class T>
const T* FindNamed(const std::vector<T>& things, std::string_view name) {
  const auto it = std::find_if(things.begin(), things.end(), [&](const T& thing) { return thing.name == name; });
  return it == things.end() ? nullptr : &*it;
}

// What a pipeline's map says.
struct Says {
  std::string source;
  std::string sink;
  bool enabled = true;
  int64_t memory_limit = PipelineConfig().memory_limit;
  std::optional<int64_t> max_record_bytes;
  int lanes = 0;
  std::string take_over;
  bool independent = false;
};

// What `key` of a pipeline refers to. Names whose own section is broken count: they are reported there.
template <class T>
const T* Referred(YamlMap& pipeline, std::string_view key, const std::string& name, const std::vector<T>& things,
                  const std::vector<std::string>& names) {
  const T* const thing = FindNamed(things, name);
  if (thing != nullptr || !pipeline.Sound(key)) return thing;
  const std::vector<std::string_view> words(names.begin(), names.end());
  const std::string expected = words.empty() ? fmt::format("this file has no {}s", key)
                                             : fmt::format("expected one of {}", fmt::join(words, ", "));
  pipeline.Add(key, fmt::format("there is no {} \"{}\"; {}{}", key, name, expected, DidYouMean(name, words)));
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

const Section<Says>& Keys() {
  static const auto keys =
      Section<Says>("ingest")
          .Text("source", &Says::source, "a name under `sources`")
          .Required("the name of a source of this file")
          .Text("sink", &Says::sink, "a name under `sinks`")
          .Required("the name of a sink of this file")
          .Flag("enabled", &Says::enabled, "`false`: `frazil run` leaves it out unless `--pipeline` names it")
          .Whole(
              "memory_limit_mb", &Says::memory_limit, {128, 1 << 20, kMebibytes},
              "what the process may take for this pipeline: its resident memory stays below, or within a tenth above "
              "for moments. Libraries take about 55 of it, 80 with tables in S3: give 160 or more there if there "
              "are records of 1 MB. A record batch that its producer did not pack is held whole: one of several "
              "records that is larger than a quarter of the limit ends the pipeline with a message that says so, a "
              "single record that large is [bad](json.md). More memory means larger row groups and fewer, larger "
              "commits in a backlog")
          .Whole("max_record_bytes", &Says::max_record_bytes, {kLeastRecordLimit, kMostRecordLimit, {"bytes"}},
                 "length of one record, unpacked, key and headers included; at most an eighth of `memory_limit_mb`: a "
                 "record takes up to eight times its length on its way. A longer one is a bad record; it is found "
                 "without being held, however small it is packed. With the usual 512 MiB: 8,388,608")
          .Otherwise("a 64th of the memory limit")
          .Whole(
              "lanes", &Says::lanes, {0, 1024},
              "threads that decode and write; 0: one a core. Never more than `memory_limit_mb` has room for: each lane "
              "wants 20 MiB (30 with tables in S3) and one `max_record_bytes`; records that take more than 20 MiB "
              "on their way go through the lanes in turn, for which ten times `max_record_bytes` are kept once. "
              "With the usual 512 MiB: up to 13 lanes, 9 with tables in S3. To have more lanes, raise "
              "`memory_limit_mb`, or lower `max_record_bytes` where records are short")
          .Text("take_over", &Says::take_over,
                "the name of another pipeline whose offsets in the table this one goes on from")
          .Flag("independent", &Says::independent,
                "`true`: feed the table beside another pipeline that reads the same topic")
          .Rule([](YamlMap& map, Says& says) {
            if (map.Has("take_over") && says.independent) {
              map.Add("independent", "take_over and independent: true exclude each other");
            }
          })
          .NotYet({{"transforms", ""}, {"transform", ""}, {"sql", ""}, {"streams", ""}});
  return keys;
}

}  // namespace

const KeyTable& PipelineKeys() { return Keys(); }

std::optional<PipelineConfig> ReadPipeline(YamlMap& map, const std::string& name, const Config& config,
                                           const Names& names) {
  Says says;
  Keys().Read(map, says);
  const auto* source = Referred(map, "source", says.source, config.sources, names.sources);
  const auto* sink = Referred(map, "sink", says.sink, config.sinks, names.sinks);
  if (source == nullptr || sink == nullptr) return std::nullopt;

  PipelineConfig pipeline = MakePipeline(name, *source, *sink);
  pipeline.enabled = says.enabled;
  SetMemoryLimit(pipeline, says.memory_limit);
  if (says.max_record_bytes) {
    constexpr int64_t kTimes = ingest::kRecordTimes;
    if (*says.max_record_bytes > pipeline.memory_limit / kTimes) {
      map.Add("max_record_bytes",
              fmt::format("a record takes up to {} times its length on its way: with memory_limit_mb: {} at most {} "
                          "can be allowed; raise memory_limit_mb",
                          kTimes, pipeline.memory_limit >> 20, pipeline.memory_limit / kTimes));
    }
    source::ReadOptionsOf(pipeline.reads).max_record_bytes = *says.max_record_bytes;
  }
  pipeline.options.lanes = says.lanes;
  pipeline.options.sink.take_over = says.take_over;
  pipeline.options.sink.independent = says.independent;
  return pipeline;
}

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
  pipeline.options.sink.pipeline = name;
  pipeline.options.sink.format = source.format;
  return pipeline;
}

}  // namespace frazil::app
