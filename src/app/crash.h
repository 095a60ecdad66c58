// What the process leaves behind when it crashes: a line that names the version, and nothing of its memory.
#pragma once

namespace frazil::app {

// An environment variable; any value but "" and "0" lets the system write core dumps.
inline constexpr char kCoreDumps[] = "FRAZIL_CORE_DUMPS";

// To be called once, before any thread is started. Of signals that somebody handles already, as sanitizers do, it keeps
// off.
void SetUpCrashes();

}  // namespace frazil::app
