#include "common/system/tcp_connect.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cstring>
#include <future>
#include <string_view>
#include <thread>

#include "common/time/stop_flag.h"

namespace {

constexpr std::string_view kHangs = "a-name-server-that-hangs.test";

std::promise<void>& LetGo() {
  static std::promise<void> let_go;
  return let_go;
}

}  // namespace

// The C library's, but for one name.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  static const std::shared_future<void> let_go = LetGo().get_future().share();
  if (node == kHangs) let_go.wait();
  static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, found);
}

namespace frazil {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

steady_clock::time_point Soon() { return steady_clock::now() + seconds(20); }

class TcpConnectTest : public testing::Test {
 protected:
  static void TearDownTestSuite() { LetGo().set_value(); }

  TcpConnectTest() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    socklen_t size = sizeof any;
    EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&any), &size), 0);
    port_ = ntohs(any.sin_port);
  }

  const Descriptor listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port_ = 0;
};

TEST_F(TcpConnectTest, ConnectsByName) {
  ASSERT_EQ(listen(listener_.get(), 1), 0);
  const auto connected = ConnectTcp("localhost", port_, AF_UNSPEC, Soon());
  ASSERT_TRUE(connected) << connected.error().message;
  const Descriptor other(accept(listener_.get(), nullptr, nullptr));
  ASSERT_EQ(send(other.get(), "x", 1, 0), 1);
  EXPECT_TRUE(AwaitDescriptor(connected->get(), POLLIN, Soon()));
}

TEST_F(TcpConnectTest, SaysWhyNot) {
  const auto refused = ConnectTcp("127.0.0.1", port_, AF_INET, Soon());  // nobody listens
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(refused.error().message, std::strerror(ECONNREFUSED));
  const auto no_number = ConnectTcp("256.0.0.1.", port_, AF_INET, Soon());
  ASSERT_FALSE(no_number);
  EXPECT_THAT(no_number.error().message, HasSubstr("the name 256.0.0.1. has no address"));
}

TEST_F(TcpConnectTest, AStopIsHeardInALookup) {
  StopFlag stop;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.Set();
  });
  const StopScope scope(&stop);
  const auto connected = ConnectTcp(std::string(kHangs), port_, AF_UNSPEC, Soon());
  later.join();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::kCancelled);
}

TEST_F(TcpConnectTest, AnInterruptIsHeardInALookup) {
  const Descriptor interrupt(eventfd(1, EFD_CLOEXEC));
  const auto connected = ConnectTcp(std::string(kHangs), port_, AF_UNSPEC, Soon(), interrupt.get());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::kCancelled);
}

TEST_F(TcpConnectTest, ALookupEndsAtTheDeadline) {
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(50);
  const auto connected = ConnectTcp(std::string(kHangs), port_, AF_UNSPEC, deadline);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(connected.error().message, "no answer in time");
  EXPECT_GE(steady_clock::now(), deadline);
}

}  // namespace
}  // namespace frazil
