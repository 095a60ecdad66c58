// For tests: an HTTP server on 127.0.0.1. The test decides how it treats each request, and can make faults.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/result.h"

namespace frazil::http {

class FaultServer {
 public:
  struct Request {
    std::string method;
    std::string target;   // path and query
    std::string headers;  // as they came, with the client's upper and lower case
    std::string body;
    int connection = 0;  // counted from 1
  };
  struct Reply {
    std::string bytes;            // sent unchanged
    bool close = true;            // close the connection after the reply
    bool hang_until_end = false;  // instead: keep the connection open and silent until the server is destroyed
  };
  using Handler = std::function<Reply(const Request&)>;

  // A whole reply with this status and body.
  static Reply Json(int status, const std::string& body, const std::string& headers = "") {
    return {fmt::format("HTTP/1.1 {} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
                        status, body.size(), headers, body)};
  }

  explicit FaultServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("the test server cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~FaultServer() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& connection : connections_) connection.join();
    ::close(listener_);
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  std::vector<Request> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool Readable(int fd) const {
    while (!stopping_) {
      pollfd wait{fd, POLLIN, 0};
      if (::poll(&wait, 1, 20) > 0) return true;
    }
    return false;
  }

  void Accept() {
    for (int number = 1; Readable(listener_); ++number) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) connections_.emplace_back([this, fd, number] { Serve(fd, number); });
    }
  }

  void Serve(int fd, int number) {
    std::string input;
    bool open = true;
    while (open) {
      Request request;
      request.connection = number;
      if (!ReadRequest(fd, input, request)) break;
      {
        std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const Reply reply = handler_(request);
      (void)!::send(fd, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
      while (reply.hang_until_end && !stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      open = !reply.close && !reply.hang_until_end;
    }
    ::close(fd);
  }

  bool ReadRequest(int fd, std::string& input, Request& request) const {
    size_t head = std::string::npos;
    size_t wanted = 0;
    while (head == std::string::npos || input.size() < wanted) {
      char buffer[4096];
      const ssize_t got = Readable(fd) ? ::recv(fd, buffer, sizeof(buffer), 0) : 0;
      if (got <= 0) return false;
      input.append(buffer, static_cast<size_t>(got));
      head = input.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const auto length = input.find("Content-Length: ");
      wanted = head + 4 + (length < head ? std::strtoul(input.c_str() + length + 16, nullptr, 10) : 0);
    }
    const auto line = input.find("\r\n");
    const auto first = input.find(' ');
    const auto second = input.find(' ', first + 1);
    request.method = input.substr(0, first);
    request.target = input.substr(first + 1, second - first - 1);
    request.headers = input.substr(line + 2, head - line);
    request.body = input.substr(head + 4, wanted - head - 4);
    input.erase(0, wanted);
    return true;
  }

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;  // guards requests_
  std::vector<Request> requests_;
  std::thread acceptor_;
  std::list<std::thread> connections_;  // used by acceptor_ only, until that is joined
};

}  // namespace frazil::http
