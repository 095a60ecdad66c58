// The kinds of source, each by its options; a new kind is one more of them.
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

// Errors are of the configuration; servers are asked only later.
Result<std::unique_ptr<Source>> Open(const Config& config);

ReadOptions& ReadOptionsOf(Config& config);
const ReadOptions& ReadOptionsOf(const Config& config);
Description Describe(const Config& config);
// The name of the group that this is to be in, if there is one, and the user has not said it.
void NameGroup(Config& config, const std::string& name);
// Of all that it reads, this topic alone.
void NarrowTo(Config& config, const std::string& topic);

}  // namespace frazil::source
