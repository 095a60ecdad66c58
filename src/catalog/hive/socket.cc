#include "catalog/hive/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/limits.h"
#include "common/time/stop_flag.h"

namespace frazil::catalog::hive {
namespace {

using apache::thrift::transport::TTransportException;
using std::chrono::milliseconds;

constexpr auto kHearStopEvery = milliseconds(100);

// Waits for `events`. False at the deadline.
bool Await(int fd, short events, Socket::Clock::time_point deadline) {
  while (true) {
    if (StopScope::Asked()) throw Stopped();
    const auto left = std::chrono::ceil<milliseconds>(deadline - Socket::Clock::now());
    if (left.count() <= 0) return false;
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<milliseconds>(left, kHearStopEvery).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw TTransportException(TTransportException::UNKNOWN, std::strerror(errno));
  }
}

// Returns 0 or an errno.
int ConnectTo(const addrinfo& to, Socket::Clock::time_point deadline, Descriptor& fd) {
  fd = Descriptor(::socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to.ai_protocol));
  if (fd.get() < 0) return errno;
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::connect(fd.get(), to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!Await(fd.get(), POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Result<std::shared_ptr<Socket>> Socket::Connect(const Address& address, Clock::time_point deadline) {
  std::string host = address.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found); error != 0) {
    return Fail(ErrorKind::kUnavailable, "the name {} has no address: {}", host,
                error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  int why = 0;
  try {
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      Descriptor fd;
      why = ConnectTo(*one, deadline, fd);
      if (why == 0) return std::make_shared<Socket>(std::move(fd));
    }
  } catch (const Stopped&) {
    return Fail(ErrorKind::kCancelled, "asked to stop while connecting");
  } catch (const TTransportException& error) {
    return Fail(ErrorKind::kUnavailable, "{}", error.what());
  }
  return Fail(ErrorKind::kUnavailable, "{}", std::strerror(why));
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
