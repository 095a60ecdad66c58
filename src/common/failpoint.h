// Failpoints: named places where a test can make the real program die, fail or wait. They are compiled in only when
// FRAZIL_FAILPOINTS is defined. In a release build the macros expand to nothing.
//
// The environment variable FRAZIL_FAILPOINTS_SET says what each failpoint does. Actions are separated by ';':
//   after-data-put=kill@3    the third pass kills the process with SIGKILL
//   before-send=fail         every pass returns an error of kind kIo
//   before-send=unknown      every pass returns an error of kind kCommitUnknown
//   after-send=sleep:500     every pass sleeps for 500 ms
#pragma once

#include <string_view>

#include "common/result.h"

#ifdef FRAZIL_FAILPOINTS
namespace frazil::failpoint {
Status Hit(std::string_view name);
}  // namespace frazil::failpoint
#define FRAZIL_FAILPOINT(name) FRAZIL_RETURN_IF_ERROR(::frazil::failpoint::Hit(name))
#else
#define FRAZIL_FAILPOINT(name) \
  do {                         \
  } while (false)
#endif
