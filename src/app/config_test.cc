#include <algorithm>
#include <utility>
#include <vector>

#include "app/config_testing.h"

namespace frazil::app {
namespace {

TEST(ConfigErrorTest, UnknownKeyNamesLineAndNearestWord) {
  EXPECT_THAT(ErrorsOf(WithSink("batchsize: 5")),
              AllOf(StartsWith("f.yaml:12: sinks.lake.config.batchsize: unknown key; did you mean \"batch_size\"?"),
                    HasSubstr("? Expected one of "), HasSubstr("flush_interval_secs")));
  EXPECT_THAT(ErrorsOf(WithSource("brokers: b:1\ntopics: t\nisolaton: x")),
              StartsWith("f.yaml:8: sources.in.config.isolaton: unknown key; did you mean \"isolation\"?"));
  EXPECT_THAT(ErrorsOf("source: {}\n"), StartsWith("f.yaml:1: source: unknown key; did you mean \"sources\"?"));
  EXPECT_THAT(ErrorsOf(WithCatalog("type: rest\nrest: {url: 'http://x'}")), HasSubstr("did you mean \"uri\"?"));
  EXPECT_THAT(ErrorsOf(WithSink("s3: {acess_key_id: a}")), HasSubstr("did you mean \"access_key_id\"?"));
}

TEST(ConfigErrorTest, KeyInTheWrongPlaceIsSentHome) {
  EXPECT_THAT(ErrorsOf(WithSink("memory_limit_mb: 512")),
              HasSubstr("it belongs in pipelines.<name>. Expected one of "));
  EXPECT_THAT(ErrorsOf(WithSink("brokers: b:1")), HasSubstr("it belongs in sources.<name>.config"));
  EXPECT_THAT(ErrorsOf(WithSource("brokers: b\ntopics: t\ncompression: zstd")),
              HasSubstr("it belongs in sinks.<name>.config"));
}

TEST(ConfigErrorTest, AllAtOnceInOrderOfLines) {
  const auto errors = ErrorsOf(WithSink("batch_size: 0\ncompression: snapy\nnonsense: 1\nnum_buckets: x"));
  std::vector<std::string> lines;
  size_t start = 0;
  while (start <= errors.size()) {
    const size_t end = std::min(errors.find('\n', start), errors.size());
    lines.push_back(errors.substr(start, end - start));
    start = end + 1;
  }
  EXPECT_THAT(lines,
              ElementsAre(StartsWith("f.yaml:12: sinks.lake.config.batch_size: expected a whole number from 1 to "),
                          StartsWith("f.yaml:13: sinks.lake.config.compression: expected one of none, snappy, "
                                     "gzip, lz4, zstd, brotli, found \"snapy\"; did you mean \"snappy\"?"),
                          StartsWith("f.yaml:14: sinks.lake.config.nonsense: unknown key"),
                          StartsWith("f.yaml:15: sinks.lake.config.num_buckets: expected a whole number")));
}

TEST(ConfigErrorTest, WhatIsNotBuiltYetIsRefusedByName) {
  for (const auto* keys : {"commit_mode: upsert", "key_fields: [id]", "dead_letters: {}", "routing: {}",
                           "maintenance: {}", "transforms: []", "on_bad_record: dead_letter"}) {
    EXPECT_THAT(ErrorsOf(WithSink(keys)), AllOf(StartsWith("f.yaml:12: sinks.lake.config."),
                                                HasSubstr("not supported yet"), Not(HasSubstr("\n"))))
        << keys;
  }
  for (const auto* keys : {"format: protobuf", "format: csv", "format: raw", "envelope: debezium", "avro: {}"}) {
    EXPECT_THAT(ErrorsOf(WithSource(std::string(keys) + "\nbrokers: b:1\ntopics: t")),
                AllOf(StartsWith("f.yaml:6: sources.in.config."), HasSubstr("not supported yet"), Not(HasSubstr("\n"))))
        << keys;
  }
  EXPECT_THAT(
      ErrorsOf("sources:\n  s:\n    connector: postgres-cdc\n    config: {host: h}\n    streams: []\n"),
      AllOf(StartsWith("f.yaml:3: sources.s.connector: \"postgres-cdc\" is not supported yet"), Not(HasSubstr("\n"))));
}

TEST(ConfigErrorTest, UnsetVariableNamesLineAndVariable) {
  EXPECT_THAT(ErrorsOf(WithSink("batch_size: ${NOT_SET}")),
              StartsWith("f.yaml:12: sinks.lake.config.batch_size: environment variable NOT_SET is not set"));
}

TEST(ConfigErrorTest, ValuesOfVariablesAreNotShown) {
  EXPECT_THAT(ErrorsOf(WithSink("batch_size: ${TOKEN}\ncompression: ${TOKEN}\ninfer_time: ${TOKEN}")),
              AllOf(HasSubstr("found \"${TOKEN}\""), Not(HasSubstr("hunter2"))));
}

TEST(ConfigErrorTest, NotYaml) {
  EXPECT_THAT(ErrorsOf("a: [1"), StartsWith("f.yaml:"));
  EXPECT_THAT(ErrorsOf("a: [1"), HasSubstr("this is not YAML"));
  EXPECT_THAT(ErrorsOf("- a\n"), HasSubstr("expected a map with the keys version"));
  EXPECT_THAT(ErrorsOf(""), HasSubstr("expected a map with the keys version"));
  EXPECT_THAT(ErrorsOf("version: \"2.0\"\n"), StartsWith("f.yaml:1: version: expected \"1.0\""));
  EXPECT_THAT(ErrorsOf("? [a, b]\n: c\n"), HasSubstr("expected a name as key, found a list"));
}

// Every complete YAML example of the documentation, and every file of examples/.
TEST(ConfigExamplesTest, AllAreAccepted) {
  const std::filesystem::path root = std::filesystem::path(FRAZIL_TESTDATA) / ".." / "..";
  std::vector<std::pair<std::string, std::string>> examples;  // where, text
  for (const auto& file : std::filesystem::directory_iterator((root / "examples").lexically_normal())) {
    if (file.path().extension() == ".yaml") examples.emplace_back(file.path().string(), TextOf(file.path()));
  }
  const std::string text = TextOf((root / "docs" / "configuration.md").lexically_normal());
  const std::string open = "```yaml\n";
  for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const size_t end = text.find("```", at);
    examples.emplace_back("docs/configuration.md at byte " + std::to_string(at), text.substr(at, end - at));
    at = end;
  }
  EXPECT_GE(examples.size(), 5u);
  for (const auto& [where, yaml] : examples) {
    const auto config = ParseConfig(yaml, where, [](const std::string&) { return std::nullopt; });
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->warnings, IsEmpty()) << where;
  }
}

TEST(ConfigErrorTest, MissingFile) {
  const auto config = LoadConfig("/nowhere/f.yaml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(config.error().message, "cannot read configuration /nowhere/f.yaml: No such file or directory");
}

TEST(ChooseSinkTest, OnlyOneNeedsNoName) {
  auto config = *Parse(WithSink(""));
  EXPECT_EQ((*ChooseSink(config, ""))->name, "lake");
  EXPECT_THAT(ChooseSink(config, "lago").error().message, HasSubstr("it has lake"));
  config.sinks.push_back(config.sinks[0]);
  config.sinks[1].name = "pond";
  EXPECT_EQ((*ChooseSink(config, "pond"))->name, "pond");
  EXPECT_THAT(ChooseSink(config, "").error().message, HasSubstr("choose one with --sink: lake, pond"));
}

}  // namespace
}  // namespace frazil::app
