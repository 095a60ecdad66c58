// Settings of a Kafka source. The configuration fills them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "source/description.h"
#include "source/read_options.h"

namespace frazil::source::kafka {

// The fetch path: the way of records from the broker to Frazil.
enum class Door : uint8_t {
  kNative,      // Frazil's own, if it supports the broker and its security; librdkafka's otherwise
  kLibrdkafka,  // always librdkafka's
};

struct Options : ReadOptions {
  std::string brokers;
  std::vector<std::string> topics;
  std::string topic_pattern;  // a regular expression for whole names, instead of topics
  std::string group;
  bool read_committed = true;
  Door door = Door::kNative;
  // Librdkafka's own keys, security included. They override what Frazil sets. Keys that Frazil must own (group.id,
  // enable.auto.commit, isolation.level, …) are refused with kInvalidArgument.
  std::map<std::string, std::string> properties;
};

Description Describe(const Options& options);
void NameGroup(Options& options, const std::string& name);
void NarrowTo(Options& options, const std::string& topic);

}  // namespace frazil::source::kafka
