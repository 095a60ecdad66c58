// Sets up the log once, before any thread starts.
#pragma once

#include <string>

namespace frazil::app {

enum class LogFormat { kText, kJson };

// Lines go to stderr. `level`: trace, debug, info, warn, error, off. JSON: one object a line with "time", "level" and
// "message".
void SetUpLog(const std::string& level, LogFormat format);

// Whether stderr is a terminal, and neither JSON nor warnings alone were asked for.
bool ShowsProgress();

}  // namespace frazil::app
