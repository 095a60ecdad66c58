#include "serve/http_request.h"

#include <gtest/gtest.h>

#include <string>

namespace frazil::serve {
namespace {

TEST(HttpRequestTest, ReadsWhatIsAskedFor) {
  HttpRequest request;
  ASSERT_EQ(ReadHead("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nAUTHORIZATION:\t Bearer t \r\n\r\nrest", request),
            HeadState::kComplete);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/metrics");
  EXPECT_EQ(request.authorization, "Bearer t");
  ASSERT_EQ(ReadHead("HEAD / HTTP/1.0\r\n\r\n", request), HeadState::kComplete);
  EXPECT_EQ(request.authorization, "") << "nothing of the one before";
}

TEST(HttpRequestTest, WaitsForTheWholeHead) {
  const std::string head = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
  HttpRequest request;
  for (size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(ReadHead(head.substr(0, size), request), HeadState::kIncomplete) << size;
  }
  EXPECT_EQ(ReadHead(head, request), HeadState::kComplete);
}

TEST(HttpRequestTest, RefusesWhatIsNoRequest) {
  HttpRequest request;
  for (const char* text : {"\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", " / HTTP/1.1\r\n\r\n",
                           "GET health HTTP/1.1\r\n\r\n", "G\tT / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nnone\r\n\r\n",
                           "\x16\x03\x01\r\n\r\n"}) {
    EXPECT_EQ(ReadHead(text, request), HeadState::kMalformed) << text;
  }
}

TEST(HttpRequestTest, HeadsHaveAnEnd) {
  HttpRequest request;
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(ReadHead(line + std::string(kMostHeadBytes - line.size() - 1, 'x'), request), HeadState::kIncomplete);
  EXPECT_EQ(ReadHead(line + std::string(kMostHeadBytes - line.size(), 'x'), request), HeadState::kTooLarge);
}

}  // namespace
}  // namespace frazil::serve
