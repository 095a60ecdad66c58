// Sets up the log once, before any thread starts.
#pragma once

#include <string>

namespace frazil::app {

enum class LogFormat { kText, kJson };

// Lines go to stderr. `level` is one of trace, debug, info, warn, error, off. In JSON each line is an object with
// "time", "level" and "message".
void SetUpLog(const std::string& level, LogFormat format);

// True if stderr is a terminal that can rewrite a line, and the log is plain text of level info or finer.
bool ShowsProgress();

}  // namespace frazil::app
