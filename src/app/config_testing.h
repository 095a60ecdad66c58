// What the tests of the configuration's sections share: small files around the keys of one map.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"

namespace frazil::app {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

inline std::optional<std::string> Lookup(const std::string& name) {
  static const std::map<std::string, std::string> kVariables = {{"TOKEN", "hunter2"}, {"SECS", "30"}};
  const auto it = kVariables.find(name);
  return it == kVariables.end() ? std::nullopt : std::optional(it->second);
}

inline Result<Config> Parse(const std::string& text) { return ParseConfig(text, "f.yaml", Lookup); }

inline std::string ErrorsOf(const std::string& text) {
  const auto config = Parse(text);
  if (config) return "parsed";
  EXPECT_EQ(config.error().kind, ErrorKind::kInvalidArgument);
  return config.error().message;
}

inline std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Lines of one map, moved to the right column.
inline std::string Indented(std::string_view text, int spaces) {
  std::string out(static_cast<size_t>(spaces), ' ');
  for (const char c : text) {
    out.push_back(c);
    if (c == '\n') out.append(static_cast<size_t>(spaces), ' ');
  }
  return out + "\n";
}

// A sink whose keys begin in line 12.
inline std::string WithSink(std::string_view keys) {
  return R"(version: "1.0"
sinks:
  lake:
    connector: iceberg
    config:
      catalog:
        type: memory
        warehouse: /tmp/w
      namespace: a.b
      table: t
      # next line: 12
)" + Indented(keys, 6);
}

// A source whose keys begin in line 6.
inline std::string WithSource(std::string_view keys) {
  return R"(sources:
  in:
    connector: kafka
    config:
      # next line: 6
)" + Indented(keys, 6);
}

// A catalog whose keys begin in line 8.
inline std::string WithCatalog(std::string_view keys) {
  return R"(sinks:
  lake:
    connector: iceberg
    config:
      namespace: a
      table: t
      catalog:
)" + Indented(keys, 8);
}

inline const source::kafka::Options& Kafka(const SourceConfig& source) {
  return std::get<source::kafka::Options>(source.reads);
}
inline const source::kafka::Options& Kafka(const PipelineConfig& pipeline) {
  return std::get<source::kafka::Options>(pipeline.reads);
}

inline ingest::SinkOptions SinkOf(std::string_view keys) {
  const auto config = Parse(WithSink(keys));
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? config->sinks.at(0).options : ingest::SinkOptions{};
}

inline SourceConfig SourceOf(std::string_view keys) {
  const auto config = Parse(WithSource(keys));
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? config->sources.at(0) : SourceConfig{};
}

}  // namespace frazil::app
