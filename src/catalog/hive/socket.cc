#include "catalog/hive/socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/limits.h"
#include "common/system/tcp_connect.h"

namespace frazil::catalog::hive {
namespace {

using apache::thrift::transport::TTransportException;

// Waits for `events`. False at the deadline.
bool Await(int fd, short events, Socket::Clock::time_point deadline) {
  const Status came = AwaitDescriptor(fd, events, deadline);
  if (!came && came.error().kind == ErrorKind::kCancelled) throw Stopped();
  return came.has_value();
}

}  // namespace

Result<std::shared_ptr<Socket>> Socket::Connect(const Address& address, Clock::time_point deadline) {
  FRAZIL_ASSIGN_OR_RETURN(Descriptor fd, ConnectTcp(address.host, address.port, AF_UNSPEC, deadline));
  return std::make_shared<Socket>(std::move(fd));
}

void Socket::Begin(Clock::time_point deadline, int64_t most_bytes) {
  deadline_ = deadline;
  most_bytes_ = most_bytes;
  sent_ = got_ = 0;
}

uint32_t Socket::read(uint8_t* to, uint32_t size) {
  if (got_ >= most_bytes_) {
    throw TTransportException(
        TTransportException::CORRUPTED_DATA,
        fmt::format("the reply is larger than {} allows. Raise that if it is right", CurrentLimits().hive_reply));
  }
  size = static_cast<uint32_t>(std::min<int64_t>(size, most_bytes_ - got_));
  while (true) {
    const ssize_t got = ::recv(fd_.get(), to, size, 0);
    if (got > 0) {
      got_ += got;
      return static_cast<uint32_t>(got);
    }
    if (got == 0) throw TTransportException(TTransportException::END_OF_FILE, "it closed the connection");
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      throw TTransportException(TTransportException::UNKNOWN, std::strerror(errno));
    }
    if (!Await(fd_.get(), POLLIN, deadline_)) {
      throw TTransportException(TTransportException::TIMED_OUT, "it did not answer");
    }
  }
}

void Socket::write(const uint8_t* from, uint32_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(fd_.get(), from, size, MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += sent;
      from += sent;
      size -= static_cast<uint32_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      throw TTransportException(TTransportException::UNKNOWN, std::strerror(errno));
    }
    if (!Await(fd_.get(), POLLOUT, deadline_)) {
      throw TTransportException(TTransportException::TIMED_OUT, "it did not take the request");
    }
  }
}

}  // namespace frazil::catalog::hive
