// Settings of a Kafka source, as config fills them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "source/description.h"
#include "source/read_options.h"

namespace frazil::source::kafka {

// The way of records from the broker to us.
enum class Door : uint8_t {
  kNative,      // Frazil's own fetching, where it knows the broker and its security; librdkafka's elsewhere
  kLibrdkafka,  // librdkafka's in any case
};

struct Options : ReadOptions {
  std::string brokers;
  std::vector<std::string> topics;
  std::string topic_pattern;  // a regular expression; instead of topics
  std::string group;
  bool read_committed = true;
  Door door = Door::kNative;
  // librdkafka's own keys, security ones included; they win over what Frazil sets, except those it must own
  // (group.id, enable.auto.commit, isolation.level, …), which are refused with kInvalidArgument.
  std::map<std::string, std::string> properties;
};

Description Describe(const Options& options);
void NameGroup(Options& options, const std::string& name);
void NarrowTo(Options& options, const std::string& topic);

}  // namespace frazil::source::kafka
