// A connection to a metastore with a deadline for each call.
#pragma once

#include <thrift/transport/TVirtualTransport.h>

#include <chrono>
#include <cstdint>
#include <exception>

#include "catalog/hive/address.h"
#include "common/system/descriptor.h"

namespace frazil::catalog::hive {

// Thrown through Thrift's code when the thread is asked to stop.
struct Stopped final : std::exception {
  const char* what() const noexcept override { return "asked to stop"; }
};

// Thrift's own socket limits each read, so a server that sends a byte now and then could be waited for without end.
// This one limits a whole call, in time and in bytes, and hears a stop (StopScope).
//
// Errors are TTransportException, or Stopped. Not thread-safe.
class Socket final : public apache::thrift::transport::TVirtualTransport<Socket> {
 public:
  using Clock = std::chrono::steady_clock;

  // Tries all addresses of the host name.
  static Result<std::shared_ptr<Socket>> Connect(const Address& address, Clock::time_point deadline);
  explicit Socket(Descriptor fd) : fd_(std::move(fd)) {}

  // Begins a call, which may last until `deadline`. Its reply may have `most_bytes`.
  void Begin(Clock::time_point deadline, int64_t most_bytes);
  // In this call so far.
  bool sent_anything() const { return sent_ > 0; }
  bool got_anything() const { return got_ > 0; }

  bool isOpen() const override { return fd_.get() >= 0; }
  void open() override {}
  void close() override { fd_ = Descriptor(); }
  uint32_t read(uint8_t* to, uint32_t size);
  void write(const uint8_t* from, uint32_t size);

 private:
  Descriptor fd_;
  Clock::time_point deadline_;
  int64_t most_bytes_ = 0;
  int64_t sent_ = 0;
  int64_t got_ = 0;
};

}  // namespace frazil::catalog::hive
