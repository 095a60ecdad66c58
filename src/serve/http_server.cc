#include "serve/http_server.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <string_view>

#include "common/system/descriptor.h"
#include "common/system/thread.h"

namespace frazil::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kWithoutDescriptors{100};  // until it is tried again to accept

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

std::string TextOf(const HttpReply& reply, bool with_body) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n",
                                 reply.status, ReasonOf(reply.status), reply.content_type, reply.body.size());
  for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
  text += "\r\n";
  if (with_body) text += reply.body;
  return text;
}

// One connection, from the first byte of the request to the last byte of the reply.
class Exchange {
 public:
  Exchange(Descriptor descriptor, steady_clock::time_point deadline)
      : descriptor_(std::move(descriptor)), deadline_(deadline) {}

  int descriptor() const { return descriptor_.get(); }
  steady_clock::time_point deadline() const { return deadline_; }
  short wants() const { return stage_ == Stage::kAnswering ? POLLOUT : POLLIN; }

  // Reads and writes as far as the socket allows without blocking. Returns false when the connection is finished.
  bool GoOn(const HttpServer::Handler& handler) {
    if (stage_ == Stage::kAsking && !Read(handler)) return false;
    if (stage_ == Stage::kAnswering && !Write()) return false;
    return stage_ != Stage::kLeaving || !OtherSideLeft();
  }

 private:
  enum class Stage { kAsking, kAnswering, kLeaving };

  bool Read(const HttpServer::Handler& handler) {
    char bytes[4096];
    while (stage_ == Stage::kAsking) {
      const ssize_t got = recv(descriptor(), bytes, sizeof bytes, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
      if (got == 0) return false;
      text_.append(bytes, static_cast<size_t>(got));
      Answer(handler);
    }
    return true;
  }

  void Answer(const HttpServer::Handler& handler) {
    HttpRequest request;
    HttpReply reply;
    switch (ReadHead(text_, request)) {
      case HeadState::kIncomplete:
        return;
      case HeadState::kMalformed:
        reply = {400, "text/plain", "this is no HTTP/1 request\n"};
        break;
      case HeadState::kTooLarge:
        reply = {431, "text/plain", fmt::format("a request's head may have {} bytes\n", kMostHeadBytes)};
        break;
      case HeadState::kComplete:
        reply = Ask(handler, request);
        break;
    }
    text_ = TextOf(reply, request.method != "HEAD");
    stage_ = Stage::kAnswering;
  }

  static HttpReply Ask(const HttpServer::Handler& handler, const HttpRequest& request) {
    auto reply = OrThrown("answering", [&]() -> Result<HttpReply> { return handler(request); });
    return reply ? *std::move(reply) : HttpReply{503, "text/plain", reply.error().message + "\n"};
  }

  bool Write() {
    while (written_ < text_.size()) {
      const ssize_t sent = send(descriptor(), text_.data() + written_, text_.size() - written_, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
      written_ += static_cast<size_t>(sent);
    }
    shutdown(descriptor(), SHUT_WR);
    stage_ = Stage::kLeaving;
    return true;
  }

  // Closing a socket with unread bytes resets the connection, and the client may lose the reply. So a request's body is
  // read and dropped, up to kMostForgotten bytes.
  bool OtherSideLeft() {
    char bytes[4096];
    for (;;) {
      const ssize_t got = recv(descriptor(), bytes, sizeof bytes, 0);
      if (got > 0 || (got < 0 && errno == EINTR)) {
        forgotten_ += static_cast<size_t>(std::max<ssize_t>(got, 0));
        if (forgotten_ > kMostForgotten) return true;
        continue;
      }
      return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
  }

  static constexpr size_t kMostForgotten = 1 << 16;

  Descriptor descriptor_;
  steady_clock::time_point deadline_;
  Stage stage_ = Stage::kAsking;
  std::string text_;  // what was asked, then what is answered
  size_t written_ = 0;
  size_t forgotten_ = 0;
};

class PollingServer final : public HttpServer {
 public:
  PollingServer(HttpServerOptions options, Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~PollingServer() override {
    (void)!eventfd_write(stop_.get(), 1);
    if (thread_.joinable()) thread_.join();
  }

  Status Listen() {
    if (stop_.get() < 0) return CannotServe(std::strerror(errno));
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(options_.port);
    if (const int error = getaddrinfo(options_.address.c_str(), port.c_str(), &hints, &found); error != 0) {
      return CannotServe(gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
    int error = 0;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      Descriptor listener(socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const int on = 1;
      setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      if (bind(listener.get(), each->ai_addr, each->ai_addrlen) == 0 && listen(listener.get(), SOMAXCONN) == 0) {
        listener_ = std::move(listener);
        break;
      }
      error = errno;
    }
    if (listener_.get() < 0) return CannotServe(std::strerror(error));
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                              : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
    FRAZIL_ASSIGN_OR_RETURN(thread_, StartThread("serving metrics", [this] { Serve(); }));
    return {};
  }

  int port() const override { return port_; }

 private:
  [[nodiscard]] tl::unexpected<Error> CannotServe(std::string_view why) const {
    return Fail(ErrorKind::kUnavailable, "cannot serve at {}:{}: {}", options_.address, options_.port, why);
  }

  void Serve() {
    std::vector<pollfd> watched;
    for (;;) {
      // First the stop event and the listener, then the connections in their order.
      const auto now = steady_clock::now();
      const bool accepts = now >= accept_again_;
      watched.assign({{stop_.get(), POLLIN, 0}, {accepts ? listener_.get() : -1, POLLIN, 0}});
      auto wake = accepts ? now + std::chrono::hours(1) : accept_again_;
      for (const Exchange& each : exchanges_) {
        watched.push_back({each.descriptor(), each.wants(), 0});
        wake = std::min(wake, each.deadline());
      }
      const auto wait = std::chrono::ceil<milliseconds>(wake - now);
      poll(watched.data(), watched.size(), static_cast<int>(std::max<int64_t>(wait.count(), 0)));
      if (watched[0].revents != 0) return;

      auto ready = watched.begin() + 2;
      for (auto each = exchanges_.begin(); each != exchanges_.end(); ++ready) {
        const bool goes_on = ready->revents == 0 || each->GoOn(handler_);
        each = goes_on && steady_clock::now() < each->deadline() ? std::next(each) : exchanges_.erase(each);
      }
      if (watched[1].revents != 0) Accept();
    }
  }

  void Accept() {
    for (;;) {
      Descriptor descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (descriptor.get() < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) accept_again_ = steady_clock::now() + kWithoutDescriptors;
        return;
      }
      if (exchanges_.size() >= options_.connections) exchanges_.pop_front();
      exchanges_.emplace_back(std::move(descriptor), steady_clock::now() + options_.within);
      if (!exchanges_.back().GoOn(handler_)) exchanges_.pop_back();
    }
  }

  const HttpServerOptions options_;
  const Handler handler_;
  const Descriptor stop_;  // readable once the server must stop
  Descriptor listener_;
  int port_ = 0;
  std::list<Exchange> exchanges_;  // oldest first
  steady_clock::time_point accept_again_{};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options, Handler handler) {
  auto server = std::make_unique<PollingServer>(std::move(options), std::move(handler));
  FRAZIL_RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace frazil::serve
