// What the process leaves behind when it crashes: a line that names the version and the signal, and no core dump.
#pragma once

namespace frazil::app {

// The environment variable that allows core dumps. They are allowed if it has any value but "" and "0".
inline constexpr char kCoreDumps[] = "FRAZIL_CORE_DUMPS";

// Installs the handlers. Call it once, before any thread is started. It leaves alone each signal that has a handler
// already, as under a sanitizer.
void SetUpCrashes();

}  // namespace frazil::app
