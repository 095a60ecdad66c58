// Failpoints: named places where a test can make the real program die, fail or wait. Compiled in only with
// FRAZIL_FAILPOINTS; in a release the macros vanish.
//
// FRAZIL_FAILPOINTS_SET="after-data-put=kill@3;before-send=fail;after-send=sleep:500": at the third pass the process
// kills itself with SIGKILL; each pass fails with kIo; each pass sleeps 500 ms. `fail@N` and `sleep:MS@N` too.
#pragma once

#include <string_view>

#include "common/result.h"

#ifdef FRAZIL_FAILPOINTS
namespace frazil::failpoint {
Status Hit(std::string_view name);
// Guards of invariants that FRAZIL_WITHOUT_GUARDS="contiguous,established" names are off: each invariant's test must
// then fail, which shows that it can.
bool GuardOn(std::string_view name);
}  // namespace frazil::failpoint
#define FRAZIL_FAILPOINT(name) FRAZIL_RETURN_IF_ERROR(::frazil::failpoint::Hit(name))
// Asked once at each place: the simulation passes some of them a million times.
#define FRAZIL_GUARD(name)                                        \
  [] {                                                            \
    static const bool is_on = ::frazil::failpoint::GuardOn(name); \
    return is_on;                                                 \
  }()
#else
#define FRAZIL_FAILPOINT(name) \
  do {                         \
  } while (false)
#define FRAZIL_GUARD(name) true
#endif
