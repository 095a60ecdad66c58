// One TCP connection to a broker, plain or with TLS.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "common/result.h"
#include "source/kafka/native/interrupt.h"
#include "source/kafka/native/settings.h"

namespace frazil::source::kafka {

// Belongs to one thread. Errors: kUnavailable (not reached, timed out, closed by the broker), kUnauthorized (TLS
// verification failed), kInvalidArgument (a certificate or key file of ours is wrong), kCancelled (interrupted, or the
// StopScope asks to stop).
class Socket {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  static Result<std::unique_ptr<Socket>> Connect(const Endpoint& endpoint, const FetchSettings& settings,
                                                 const Interrupt& interrupt);
  virtual ~Socket() = default;

  virtual Status Write(std::string_view bytes, Deadline deadline) = 0;
  // Reads exactly `size` bytes.
  virtual Status Read(char* to, size_t size, Deadline deadline) = 0;
};

}  // namespace frazil::source::kafka
