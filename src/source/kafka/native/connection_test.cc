#include "source/kafka/native/connection.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace frazil::source::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A broker that speaks TLS and SASL; tests/conformance/source_test.py starts one.
class TlsBrokerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* broker = std::getenv("FRAZIL_TEST_TLS_BROKER");
    if (broker == nullptr) GTEST_SKIP() << "FRAZIL_TEST_TLS_BROKER (user:password@host:port) is not set";
    const std::string all = broker;
    const auto colon = all.find(':'), at = all.find('@'), port = all.rfind(':');
    endpoint_ = {all.substr(at + 1, port - at - 1), std::stoi(all.substr(port + 1))};
    settings_.tls.emplace().ca_file = std::string(std::getenv("FRAZIL_TEST_TLS_DIR")) + "/ca.pem";
    settings_.sasl.emplace().mechanism = SaslSettings::Mechanism::kScramSha512;
    settings_.sasl->user = all.substr(0, colon);
    settings_.sasl->password = all.substr(colon + 1, at - colon - 1);
  }
  std::string Refusal() {
    const auto connection = Connection::Open(endpoint_, settings_, interrupt_);
    return connection ? "" : fmt::format("{}: {}", ToString(connection.error().kind), connection.error().message);
  }

  Endpoint endpoint_;
  FetchSettings settings_;
  Interrupt interrupt_;
};

TEST_F(TlsBrokerTest, TrustsOnlyWhomItsAuthorityVouchesFor) {
  EXPECT_EQ(Refusal(), "");
  settings_.tls->ca_file.clear();
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("unauthorized: Kafka broker"), HasSubstr("issuer certificate"),
                               HasSubstr("Check the ssl.* settings")));
  settings_.tls->verify = false;
  EXPECT_EQ(Refusal(), "");
}

TEST_F(TlsBrokerTest, ChecksTheNameThatItAskedFor) {
  endpoint_.host = "localhost";  // the certificate is of 127.0.0.1
  EXPECT_THAT(Refusal(), HasSubstr("hostname mismatch"));
  settings_.tls->check_host_name = false;
  EXPECT_EQ(Refusal(), "");
}

TEST_F(TlsBrokerTest, NamesWrongSettings) {
  settings_.sasl->password = "not-this-one";
  EXPECT_THAT(Refusal(), HasSubstr("SCRAM-SHA-512"));
  EXPECT_THAT(Refusal(), HasSubstr("unauthorized"));
  EXPECT_THAT(Refusal(), Not(HasSubstr("not-this-one")));
  settings_.tls->certificate_file = "/no/such/file";
  EXPECT_THAT(Refusal(), HasSubstr("invalid argument: Kafka source property ssl.certificate.location /no/such/file"));
}

TEST(ConnectionTest, SaysWhoDoesNotAnswer) {
  FetchSettings settings;
  settings.connect_timeout = std::chrono::milliseconds(500);
  const Interrupt interrupt;
  const auto refused = Connection::Open({"127.0.0.1", 1}, settings, interrupt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(refused.error().message, "Kafka broker 127.0.0.1:1: Connection refused");
  interrupt.Set();
  EXPECT_FALSE(interrupt.Sleep(std::chrono::milliseconds(60'000)));
}

// Its bytes come one by one, each long before anybody would call the broker silent.
TEST(ConnectionTest, AnAnswerThatTricklesHasItsDeadline) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread broker([listener] {
    const int peer = accept(listener, nullptr, nullptr);
    const std::string answer("\0\0\1\0\0\0\0\0", 8);  // 256 bytes, to the first request
    for (size_t i = 0; i < 500; ++i) {
      if (send(peer, i < answer.size() ? &answer[i] : "x", 1, MSG_NOSIGNAL) != 1) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    close(peer);
  });
  FetchSettings settings;
  settings.request_timeout = std::chrono::milliseconds(300);
  const Interrupt interrupt;
  const auto begin = std::chrono::steady_clock::now();
  const auto opened = Connection::Open({"127.0.0.1", ntohs(address.sin_port)}, settings, interrupt);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("no answer in time"));
  broker.join();
  close(listener);
}

}  // namespace
}  // namespace frazil::source::kafka
