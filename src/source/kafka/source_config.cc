#include "source/kafka/source_config.h"

#include <algorithm>

namespace frazil::source::kafka {
namespace {

constexpr std::string_view kOffsetsAreOurs = "Frazil keeps and commits the offsets itself";

// Librdkafka's bounds of queued.max.messages.kbytes, and its default of fetch.max.bytes.
constexpr int64_t kMinQueueKbytes = 1024;
constexpr int64_t kMaxQueueKbytes = 2097151;
constexpr int64_t kMinFetchBytes = 1 << 20;
constexpr int64_t kMaxFetchBytes = 50 << 20;

}  // namespace

std::string WholeNamePattern(const std::string& pattern) { return "^(" + pattern + ")$"; }

ClientConfig SourceConfig(const Options& options) {
  ClientConfig config;
  config.brokers = options.brokers;
  config.role = "source";
  config.user = options.properties;
  config.answer_within = options.answer_within;
  config.defaults = {
      {"client.id", "frazil"},
      {"check.crcs", "true"},
      {"socket.keepalive.enable", "true"},
      // New partitions are noticed within this time.
      {"topic.metadata.refresh.interval.ms", "30000"},
      // A request for partitions without new data must not delay the others for long.
      {"fetch.wait.max.ms", "100"},
      // A full queue is emptied in milliseconds; the default waits a second before it fetches again.
      {"fetch.queue.backoff.ms", "5"},
      {"fetch.max.bytes", std::to_string(std::clamp(options.queue_bytes / 4, kMinFetchBytes, kMaxFetchBytes))},
  };
  // With the group protocol of KIP-848 the broker sets these.
  const auto protocol = options.properties.find("group.protocol");
  if (protocol == options.properties.end() || protocol->second != "consumer") {
    config.defaults["partition.assignment.strategy"] = "cooperative-sticky";
    // After this time, the partitions of a killed process go to others. Heartbeats come from a thread that our code
    // never blocks.
    config.defaults["session.timeout.ms"] = "15000";
    // A member learns of a rebalance from the answer to a heartbeat, and all members wait for the last one.
    config.defaults["heartbeat.interval.ms"] = "1000";
  }
  config.owned = {
      {"group.id", {options.group, "the group is a setting of its own"}},
      {"enable.auto.commit", {"false", kOffsetsAreOurs}},
      {"auto.commit.enable", {"", kOffsetsAreOurs}},
      {"enable.auto.offset.store", {"false", kOffsetsAreOurs}},
      {"offset.store.method", {"", kOffsetsAreOurs}},
      {"isolation.level",
       {options.read_committed ? "read_committed" : "read_uncommitted", "the isolation is a setting of its own"}},
      {"enable.partition.eof", {"true", "Frazil must see the end of a partition"}},
      {"auto.offset.reset", {"error", "an offset that is gone must be an error, not a silent jump"}},
      {"allow.auto.create.topics", {"false", "a source makes no topics"}},
      {"queued.max.messages.kbytes",
       {std::to_string(std::clamp(options.queue_bytes / 1024, kMinQueueKbytes, kMaxQueueKbytes)),
        "the memory limit decides it"}},
      {"enabled_events", {"", "Frazil does not read events"}},
      {"log.queue", {"", "Frazil logs at once"}},
  };
  if (!options.topic_pattern.empty()) {
    config.owned["topic.blacklist"] = {"^__", "a pattern never takes Kafka's own topics, which begin with __"};
  }
  return config;
}

}  // namespace frazil::source::kafka
