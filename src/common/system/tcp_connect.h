// A TCP connection to a host by its name, waited for no longer than may be. Waiting hears a stop (StopScope).
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"
#include "common/system/descriptor.h"

namespace frazil {

// Waits until one of `events` (POLLIN, POLLOUT) is there. The deadline is fixed, even if single bytes keep arriving.
// `interrupt` is another descriptor, which ends the wait once it can be read; -1 is none. Errors: kUnavailable at the
// deadline, or when poll fails; kCancelled when this thread is asked to stop, or by `interrupt`.
Status AwaitDescriptor(int descriptor, short events, std::chrono::steady_clock::time_point deadline,
                       int interrupt = -1);

// Connects to the first address of the host that accepts. The connection does not block, sends without delay and keeps
// itself alive. `host` may be "[::1]". `family` limits the addresses; AF_UNSPEC takes any. `deadline` is for everything
// together. getaddrinfo has no timeout and cannot be interrupted, so a thread of its own calls it; if the caller gives
// up, that thread is left to end by itself. Errors are those of AwaitDescriptor. Their text says why, but not to whom.
Result<Descriptor> ConnectTcp(const std::string& host, int port, int family,
                              std::chrono::steady_clock::time_point deadline, int interrupt = -1);

}  // namespace frazil
