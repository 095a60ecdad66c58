#include "serve/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace frazil::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::EndsWith;
using testing::StartsWith;

// Another side that does as it likes.
class Client {
 public:
  explicit Client(int port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { close(descriptor_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Say(const std::string& text) { (void)send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL); }
  // All that comes until the server closes the connection.
  std::string Hear() {
    std::string text;
    char bytes[65536];
    for (;;) {
      const ssize_t got = recv(descriptor_, bytes, sizeof bytes, 0);
      if (got <= 0) return text;
      text.append(bytes, static_cast<size_t>(got));
    }
  }
  bool IsClosed(milliseconds within) {
    pollfd waiting{descriptor_, POLLIN, 0};
    char byte = 0;
    return poll(&waiting, 1, static_cast<int>(within.count())) == 1 && recv(descriptor_, &byte, 1, 0) <= 0;
  }

 private:
  const int descriptor_;
};

HttpReply Echo(const HttpRequest& request) { return {200, "text/plain", request.path}; }

std::unique_ptr<HttpServer> Start(HttpServer::Handler handler = Echo, milliseconds within = std::chrono::seconds(30),
                                  size_t connections = 4) {
  HttpServerOptions options;
  options.address = "127.0.0.1";
  options.within = within;
  options.connections = connections;
  auto server = HttpServer::Start(options, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return *std::move(server);
}

constexpr char kAsk[] = "GET /a HTTP/1.1\r\n\r\n";

TEST(HttpServerTest, AnswersHoweverTheRequestIsCut) {
  const auto server = Start();
  Client client(server->port());
  for (const char c : std::string(kAsk)) client.Say(std::string(1, c));
  const std::string heard = client.Hear();
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(heard, EndsWith("Content-Length: 2\r\nConnection: close\r\n\r\n/a"));
}

TEST(HttpServerTest, SilentClientsBlockNobodyAndEndInTime) {
  const auto server = Start(Echo, milliseconds(300), 64);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<Client>(server->port()));
  silent[0]->Say("GET /a HT");
  Client client(server->port());
  client.Say(kAsk);
  EXPECT_THAT(client.Hear(), EndsWith("/a"));
  for (const auto& each : silent) EXPECT_TRUE(each->IsClosed(std::chrono::seconds(20)));
}

TEST(HttpServerTest, DripsDoNotPutOffTheDeadline) {
  const auto server = Start(Echo, milliseconds(300));
  Client client(server->port());
  const auto start = steady_clock::now();
  int said = 0;
  while (!client.IsClosed(milliseconds(20)) && ++said < 1000) client.Say("x");
  EXPECT_LT(said, 1000);
  EXPECT_GE(steady_clock::now() - start, milliseconds(250));
}

TEST(HttpServerTest, WhoDoesNotReadIsLeftInTime) {
  const auto server = Start(
      [](const HttpRequest&) {
        return HttpReply{200, "text/plain", std::string(64 << 20, 'x')};
      },
      milliseconds(300));
  Client client(server->port());
  client.Say(kAsk);
  usleep(600'000);
  EXPECT_LT(client.Hear().size(), 64U << 20);
}

TEST(HttpServerTest, TheOldestMakesRoom) {
  const auto server = Start(Echo, std::chrono::seconds(30), 2);
  Client first(server->port());
  first.Say("GET");
  Client second(server->port());
  second.Say("GET");
  Client third(server->port());
  EXPECT_TRUE(first.IsClosed(std::chrono::seconds(20)));
  third.Say(kAsk);
  EXPECT_THAT(third.Hear(), EndsWith("/a"));
  second.Say(" /b HTTP/1.1\r\n\r\n");
  EXPECT_THAT(second.Hear(), EndsWith("/b"));
}

TEST(HttpServerTest, ABodyIsNotMinded) {
  const auto server = Start();
  Client client(server->port());
  client.Say("POST /a HTTP/1.1\r\nContent-Length: 30000\r\n\r\n" + std::string(30000, 'x'));
  EXPECT_THAT(client.Hear(), EndsWith("/a"));
}

TEST(HttpServerTest, RefusesWhatIsNoRequest) {
  const auto server = Start();
  Client client(server->port());
  client.Say("\x16\x03\x01\r\n\r\n");
  EXPECT_THAT(client.Hear(), StartsWith("HTTP/1.1 400 "));
  Client large(server->port());
  large.Say("GET / HTTP/1.1\r\nx: " + std::string(kMostHeadBytes, 'x'));
  EXPECT_THAT(large.Hear(), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServerTest, StopsAtOnceWhateverIsOpen) {
  auto server = Start();
  Client silent(server->port());
  Client asking(server->port());
  asking.Say("GET /a");
  const auto start = steady_clock::now();
  server.reset();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(silent.IsClosed(std::chrono::seconds(20)));
}

}  // namespace
}  // namespace frazil::serve
