// A warning that would come again with every commit or file is told once.
#pragma once

#include <string>

namespace frazil::log {

// Thread-safe. A text that was told before is passed over.
void WarnOnce(const std::string& text);

}  // namespace frazil::log
