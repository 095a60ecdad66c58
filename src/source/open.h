// Opens a source. Each kind of source has its own options type; a new kind adds one to Config.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "common/result.h"
#include "source/description.h"
#include "source/kafka/options.h"
#include "source/source.h"

namespace frazil::source {

using Config = std::variant<kafka::Options>;

// kInvalidArgument if the options are wrong. This call asks no server.
Result<std::unique_ptr<Source>> Open(const Config& config);

ReadOptions& ReadOptionsOf(Config& config);
const ReadOptions& ReadOptionsOf(const Config& config);
Description Describe(const Config& config);
// Sets the name of the consumer group, unless the user has set it or the kind has no groups.
void NameGroup(Config& config, const std::string& name);
// Restricts the source to this one topic.
void NarrowTo(Config& config, const std::string& topic);

}  // namespace frazil::source
