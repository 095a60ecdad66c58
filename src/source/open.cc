#include "source/open.h"

#include "source/kafka/kafka_source.h"

namespace frazil::source {

Result<std::unique_ptr<Source>> Open(const Config& config) {
  return std::visit([](const kafka::Options& options) { return kafka::OpenKafkaSource(options); }, config);
}

ReadOptions& ReadOptionsOf(Config& config) {
  return std::visit([](ReadOptions& options) -> ReadOptions& { return options; }, config);
}

const ReadOptions& ReadOptionsOf(const Config& config) {
  return std::visit([](const ReadOptions& options) -> const ReadOptions& { return options; }, config);
}

Description Describe(const Config& config) {
  return std::visit([](const auto& options) { return Describe(options); }, config);
}

void NameGroup(Config& config, const std::string& name) {
  std::visit([&](auto& options) { NameGroup(options, name); }, config);
}

void NarrowTo(Config& config, const std::string& topic) {
  std::visit([&](auto& options) { NarrowTo(options, topic); }, config);
}

}  // namespace frazil::source
