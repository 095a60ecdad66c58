// For warnings that would otherwise repeat with every commit or file.
#pragma once

#include <string>

namespace frazil::log {

// Logs `text` as a warning the first time that this process passes it, and never again. Thread-safe.
void WarnOnce(const std::string& text);

}  // namespace frazil::log
