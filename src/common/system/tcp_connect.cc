#include "common/system/tcp_connect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "common/system/thread.h"
#include "common/time/stop_flag.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kHearStopEvery{100};

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// One question to getaddrinfo, shared by who asks it and who waits for it.
class Lookup {
 public:
  Lookup(std::string host, int port, int family) : host_(std::move(host)), port_(std::to_string(port)) {
    hints_.ai_family = family;
    hints_.ai_socktype = SOCK_STREAM;
  }

  void Ask() {
    addrinfo* found = nullptr;
    error_ = getaddrinfo(host_.c_str(), port_.c_str(), &hints_, &found);
    system_error_ = errno;
    if (error_ == 0) found_.reset(found);
    (void)!eventfd_write(done_.get(), 1);
  }
  int done() const { return done_.get(); }  // readable once it is; -1 where there was no descriptor left
  // Once it is done.
  Result<Addresses> Take() {
    eventfd_t one = 0;
    (void)!eventfd_read(done_.get(), &one);
    if (error_ == 0) return std::move(found_);
    return Fail(ErrorKind::kUnavailable, "the name {} has no address: {}", host_,
                error_ == EAI_SYSTEM ? std::strerror(system_error_) : gai_strerror(error_));
  }

 private:
  const std::string host_;
  const std::string port_;
  addrinfo hints_{};
  const Descriptor done_{eventfd(0, EFD_CLOEXEC)};
  int error_ = 0;
  int system_error_ = 0;
  Addresses found_{nullptr, &freeaddrinfo};
};

Result<Addresses> LookUp(const std::string& host, int port, int family, steady_clock::time_point deadline,
                         int interrupt) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const auto lookup = std::make_shared<Lookup>(bracketed ? host.substr(1, host.size() - 2) : host, port, family);
  if (lookup->done() < 0) return Fail(ErrorKind::kUnavailable, "there is no file descriptor left (ulimit -n)");
  FRAZIL_ASSIGN_OR_RETURN(std::thread thread, StartThread("looking up a name", [lookup] { lookup->Ask(); }));
  thread.detach();
  FRAZIL_RETURN_IF_ERROR(AwaitDescriptor(lookup->done(), POLLIN, deadline, interrupt));
  return lookup->Take();
}

Result<Descriptor> ConnectTo(const addrinfo& address, steady_clock::time_point deadline, int interrupt) {
  const auto failed = [](int error) { return Fail(ErrorKind::kUnavailable, "{}", std::strerror(error)); };
  Descriptor descriptor(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (descriptor.get() < 0) return failed(errno);
  const int on = 1;
  setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(descriptor.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (connect(descriptor.get(), address.ai_addr, address.ai_addrlen) == 0) return descriptor;
  if (errno != EINPROGRESS) return failed(errno);
  FRAZIL_RETURN_IF_ERROR(AwaitDescriptor(descriptor.get(), POLLOUT, deadline, interrupt));
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return failed(errno);
  if (error != 0) return failed(error);
  return descriptor;
}

}  // namespace

Status AwaitDescriptor(int descriptor, short events, steady_clock::time_point deadline, int interrupt) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return Fail(ErrorKind::kUnavailable, "no answer in time");
    pollfd fds[] = {{descriptor, events, 0}, {interrupt, POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(std::min(left, kHearStopEvery).count()));
    if (ready < 0 && errno != EINTR) return Fail(ErrorKind::kUnavailable, "{}", std::strerror(errno));
    if (fds[1].revents != 0 || StopScope::Asked()) return Fail(ErrorKind::kCancelled, "asked to stop");
    if (ready > 0 && fds[0].revents != 0) return {};
  }
}

Result<Descriptor> ConnectTcp(const std::string& host, int port, int family, steady_clock::time_point deadline,
                              int interrupt) {
  FRAZIL_ASSIGN_OR_RETURN(const Addresses found, LookUp(host, port, family, deadline, interrupt));
  Result<Descriptor> connected = Fail(ErrorKind::kUnavailable, "the name {} has no address", host);
  for (const addrinfo* each = found.get(); each != nullptr; each = each->ai_next) {
    connected = ConnectTo(*each, deadline, interrupt);
    if (connected || connected.error().kind == ErrorKind::kCancelled) break;
  }
  return connected;
}

}  // namespace frazil
