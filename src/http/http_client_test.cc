#include "http/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/fault_server.h"
#include "io/gzip.h"

namespace frazil::http {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;

HttpOptions Quick() {
  HttpOptions options;
  options.connect_timeout = std::chrono::milliseconds(500);
  options.timeout = {"timeout_ms", 500};
  return options;
}

HttpRequest Post(const std::string& url) { return {"POST", url, {{"Content-Type", "application/json"}}, "{\"a\":1}"}; }

TEST(HttpClientTest, SendsWhatItIsGiven) {
  FaultServer server([](const auto&) { return FaultServer::Json(201, "{\"b\":2}", "X-Seen: yes\r\n"); });
  HttpClient client({});
  const auto response = client.Send(Post(server.url() + "/v1/x?y=z"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "{\"b\":2}");
  EXPECT_EQ(response->headers.at("x-seen"), "yes");
  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/v1/x?y=z");
  EXPECT_EQ(requests[0].body, "{\"a\":1}");
  EXPECT_THAT(requests[0].headers, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(requests[0].headers, Not(HasSubstr("Expect")));
}

TEST(HttpClientTest, KeepsNoMoreOfABodyThanIsEnough) {
  std::string text;
  for (int i = 0; text.size() < 2'000'000; ++i) text += fmt::format("{} ", i * 7919);
  const std::string packed = io::Gzip(text);
  const bool may_pack[] = {false, true};
  for (const bool gzip : may_pack) {
    for (const int status : {200, 409}) {
      FaultServer server([&](const auto&) {
        return FaultServer::Json(status, gzip ? packed : text, gzip ? "Content-Encoding: gzip\r\n" : "");
      });
      HttpClient client({});
      HttpRequest request = Post(server.url());
      request.enough = [](std::string_view body) { return body.size() > 100'000; };
      auto response = client.Send(request);
      ASSERT_TRUE(response) << response.error().message;
      EXPECT_TRUE(text.starts_with(response->body));
      if (status == 200) {
        EXPECT_THAT(response->body.size(), AllOf(Gt(100'000U), Lt(400'000U)));
      } else {
        EXPECT_THAT(response->body.size(), AllOf(Gt(500'000U), Lt(1'100'000U))) << "a status tells enough";
      }
      EXPECT_THAT(server.requests()[0].headers, HasSubstr("Accept-Encoding: gzip\r\n"));

      request.enough = [](std::string_view) { return false; };
      response = client.Send(request);
      ASSERT_TRUE(response) << response.error().message;
      EXPECT_TRUE(status != 200 || response->body == text);
    }
  }
}

TEST(HttpClientTest, ABodyThatIsNoGzipIsNoReply) {
  FaultServer server([](const auto&) { return FaultServer::Json(200, "plain", "Content-Encoding: gzip\r\n"); });
  HttpRequest request = Post(server.url());
  request.enough = [](std::string_view) { return false; };
  const auto response = HttpClient({}).Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kIo);
}

TEST(HttpClientTest, ABodyHasItsLimit) {
  const std::string text(300'000, 'x');
  const Limit most{"limits.http_reply_mb", 1, 1, 1, 250'000};
  for (const bool gzip : {false, true}) {
    for (const bool in_pieces : {false, true}) {
      FaultServer server([&](const auto&) {
        return FaultServer::Json(200, gzip ? io::Gzip(text) : text, gzip ? "Content-Encoding: gzip\r\n" : "");
      });
      HttpRequest request{"GET", server.url(), {}, ""};
      request.most = most;
      if (in_pieces) request.enough = [](std::string_view) { return false; };
      const auto response = HttpClient({}).Send(request);
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().kind, ErrorKind::kIo);
      EXPECT_THAT(response.error().message, HasSubstr("more than limits.http_reply_mb = 1"))
          << response.error().message;
      request.most.value = 2;
      EXPECT_EQ(HttpClient({}).Send(request)->body, text);
    }
  }
}

TEST(HttpClientTest, ALengthBeyondTheLimitIsRefusedAtOnce) {
  FaultServer server([](const auto&) {
    FaultServer::Reply reply;
    reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\n{";
    reply.hang_until_end = true;
    return reply;
  });
  const auto response = HttpClient({}).Send({"GET", server.url(), {}, ""});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("limits.http_reply_mb = 64"));
}

TEST(HttpClientTest, HeadersHaveTheirLimit) {
  std::string many;
  while (many.size() < 200'000) many += fmt::format("X-{}: {}\r\n", many.size(), std::string(500, 'h'));
  for (const std::string& headers : {many, "X-Long: " + std::string(200'000, 'h') + "\r\n"}) {
    FaultServer server([&](const auto&) { return FaultServer::Json(200, "{}", headers); });
    const auto response = HttpClient({}).Send({"GET", server.url(), {}, ""});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::kIo);
    EXPECT_THAT(response.error().message, HasSubstr("limits.http_headers_kb = 64")) << response.error().message;
  }
}

TEST(HttpClientTest, AStatusIsHeardThoughItsBodyHasNoEnd) {
  FaultServer server([](const auto&) {
    auto reply = FaultServer::Json(503, "");
    reply.bytes = "HTTP/1.1 503 Busy\r\nContent-Length: 4611686018427387904\r\n\r\n" + std::string(2 << 20, 'x');
    reply.hang_until_end = true;
    return reply;
  });
  const auto response = HttpClient({}).Send({"GET", server.url(), {}, ""});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 503);
}

TEST(HttpClientTest, ARequestHasItsTime) {
  FaultServer server([](const auto&) {
    FaultServer::Reply reply;
    reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
    reply.hang_until_end = true;
    return reply;
  });
  const auto response = HttpClient(Quick()).Send({"GET", server.url(), {}, ""});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("timeout_ms = 500"));
}

TEST(HttpClientTest, ReadsKeepTheirConnection) {
  FaultServer server([](const auto&) {
    auto reply = FaultServer::Json(200, "{}");
    reply.close = false;
    return reply;
  });
  HttpClient client({});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.Send({"GET", server.url(), {}, ""}));
  ASSERT_TRUE(client.Send(Post(server.url())));
  ASSERT_TRUE(client.Send({"GET", server.url(), {}, ""}));
  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(5));
  EXPECT_EQ(requests[2].connection, requests[0].connection);
  EXPECT_NE(requests[3].connection, requests[0].connection) << "a POST has a connection of its own";
  EXPECT_NE(requests[4].connection, requests[3].connection) << "which is not used again";
}

// The server takes the request and closes without a word, on a connection that has served before: where libcurl would
// send it again by itself.
TEST(HttpClientTest, NeverPostsTwice) {
  FaultServer server([](const FaultServer::Request& request) {
    if (request.method == "POST") return FaultServer::Reply{};
    auto reply = FaultServer::Json(200, "{}");
    reply.close = false;
    return reply;
  });
  HttpClient client({});
  ASSERT_TRUE(client.Send({"GET", server.url(), {}, ""}));
  const auto response = client.Send(Post(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kIo);
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST(HttpClientTest, TellsNeverSentFromUnknown) {
  std::string gone;
  {
    FaultServer server([](const auto&) { return FaultServer::Json(200, "{}"); });
    gone = server.url();
  }
  HttpClient client(Quick());
  EXPECT_EQ(client.Send(Post(gone)).error().kind, ErrorKind::kUnavailable) << "connection refused";
  EXPECT_EQ(client.Send(Post("http://no-such-host.invalid/")).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(client.Send(Post("ftp://127.0.0.1/")).error().kind, ErrorKind::kUnavailable);

  FaultServer server([](const FaultServer::Request& request) {
    FaultServer::Reply reply;
    if (request.target == "/silent") reply.hang_until_end = true;
    if (request.target == "/cut") reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":";
    if (request.target == "/garbage") reply.bytes = "not http at all\r\n\r\n";
    return reply;
  });
  for (const char* path : {"/silent", "/cut", "/closed", "/garbage"}) {
    const auto response = client.Send(Post(server.url() + path));
    ASSERT_FALSE(response) << path;
    EXPECT_EQ(response.error().kind, ErrorKind::kIo) << path << ": " << response.error().message;
  }
  EXPECT_THAT(server.requests(), SizeIs(4));
  // The handshake fails before anything of the request is sent.
  std::string tls = server.url();
  tls.replace(0, 4, "https");
  EXPECT_EQ(client.Send(Post(tls)).error().kind, ErrorKind::kUnavailable);
}

TEST(HttpClientTest, DoesNotFollowRedirects) {
  FaultServer server([](const auto&) { return FaultServer::Json(307, "", "Location: /elsewhere\r\n"); });
  HttpClient client({});
  EXPECT_EQ(client.Send(Post(server.url()))->status, 307);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST(HttpClientTest, ShowsNoSecretOfAUrl) {
  EXPECT_EQ(PrintableUrl("https://user:pass@host:8181/v1/x?token=t#f"), "https://host:8181/v1/x");
  EXPECT_EQ(PrintableUrl("http://host/a@b"), "http://host/a@b");
  HttpClient client(Quick());
  const auto response = client.Send({"GET", "http://user:hunter2@127.0.0.1:1/x?token=hunter2", {}, ""});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace frazil::http
