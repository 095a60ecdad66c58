// `frazil produce`: sample data into a topic.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/stop_signal.h"
#include "app/verbs/verb.h"
#include "source/kafka/sample_producer.h"

namespace frazil::app {
namespace {

struct ProduceFlags {
  std::string kind;
  std::vector<std::string> properties;  // "key=value"
  source::kafka::ProduceOptions options;
};

int Produce(const ProduceFlags& flags) {
  auto options = flags.options;
  const auto kind = source::kafka::ParseSampleKind(flags.kind);
  if (!kind) return Failed(kind.error(), kUsage);
  options.kind = *kind;
  for (const auto& property : flags.properties) {
    const size_t equals = property.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Failed({ErrorKind::kInvalidArgument, "--property wants KEY=VALUE, for instance security.protocol=SSL"},
                    kUsage);
    }
    options.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  const StopSignal stop(kFailed);
  options.stop = &stop.flag();
  int64_t acknowledged = 0;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  options.on_progress = [&](int64_t sent) {
    acknowledged = sent;
    if (terminal) fmt::print(stderr, "\r{} records", sent);
  };
  const Status status = source::kafka::Produce(options);
  if (terminal) fmt::print(stderr, "\r\x1b[K");
  if (!status) return Failed(status.error());
  fmt::print("{} records are in topic {}\n", acknowledged, options.topic);
  return kDone;
}

}  // namespace

void AddProduceVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<ProduceFlags>();
  flags->options.brokers = "localhost:9092";
  auto* verb = app.add_subcommand("produce", "Write sample records to a Kafka topic");
  verb->add_option("KIND", flags->kind, "weather, sensor or transactions")->required();
  verb->add_option("--topic", flags->options.topic, "Topic, which must exist")->required();
  verb->add_option("--brokers", flags->options.brokers, "Brokers to begin with")->capture_default_str();
  verb->add_option("--count", flags->options.count, "How many records; without it: until Ctrl-C")
      ->check(CLI::PositiveNumber);
  verb->add_option("--rate", flags->options.rate, "Records per second; without it: as fast as the broker takes them")
      ->check(CLI::PositiveNumber);
  verb->add_option("--seed", flags->options.seed, "The same seed gives the same records")->capture_default_str();
  verb->add_option("--property", flags->properties, "A librdkafka setting, KEY=VALUE; may be repeated");
  verb->footer(
      "Examples:\n"
      "  frazil produce weather --topic weather --count 10000\n"
      "  frazil produce sensor --topic sensor_data --brokers kafka:9092 --rate 500");
  verb->callback([flags, &action] { action = [flags] { return Produce(*flags); }; });
}

}  // namespace frazil::app
