#include "aws/sigv4.h"

#include <gmock/gmock.h>

#include "http/http_client.h"

namespace frazil::aws {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::Pair;

constexpr int64_t kNow = 1'440'938'160'000;  // 2015-08-30T12:36:00Z
const Credentials kKeys = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const SigningScope kScope = {"us-east-1", "service"};

http::HttpRequest Request(const std::string& method, const std::string& url) {
  http::HttpRequest request;
  request.method = method;
  request.url = url;
  return request;
}

std::string AuthorizationOf(const http::HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") return value;
  }
  return {};
}

// The signatures are botocore's.
TEST(SigV4, SignsAsAwsDoes) {
  http::HttpRequest request = Request("GET", "https://example.amazonaws.com/");
  Sign(kKeys, kScope, kNow, request);
  EXPECT_EQ(AuthorizationOf(request),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=726c5c4879a6b4ccbbd3b24edbd6b8826d34f87450fbbf4e85546fc7ba9c1642");
  EXPECT_THAT(request.headers, Contains(Pair("X-Amz-Date", "20150830T123600Z")));
}

TEST(SigV4, EncodesPathsOnceMoreAndSortsQueries) {
  http::HttpRequest request = Request("POST",
                                      "https://example.amazonaws.com:8443/iceberg/v1/pre/fix/namespaces/a%1Fb/tables/"
                                      "t%20x?purge=false&Param=1&%C3%A9=b%2Fc");
  request.headers = {{"Content-Type", "application/json"}, {"User-Agent", "x"}, {"X-One", "  a   b "}};
  request.body = R"({"a":1})";
  Credentials temporary = kKeys;
  temporary.session_token = "token";
  Sign(temporary, kScope, kNow, request);
  EXPECT_THAT(AuthorizationOf(request),
              EndsWith("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-one, "
                       "Signature=cff1793440f188b34801fa1fbc4a2adf328a6b22f0f3bfe95c8bd57ce5a329e8"));
  EXPECT_THAT(request.headers, Contains(Pair("Host", "example.amazonaws.com:8443")));
}

TEST(SigV4, EmptyPartsOfAPathCountForNothing) {
  http::HttpRequest request = Request("GET", "https://example.amazonaws.com/v1//config/");
  Sign(kKeys, kScope, kNow, request);
  EXPECT_THAT(AuthorizationOf(request), EndsWith("=453ebaa13dd2e28708f9e8cb647934ef7a51cbafdecd4f7856e7b1e72c358a68"));
}

TEST(SigV4, AnotherAuthorizationGoesAlong) {
  http::HttpRequest request = Request("GET", "https://example.amazonaws.com/");
  request.headers = {{"authorization", "Bearer t"}};
  Sign(kKeys, kScope, kNow, request);
  EXPECT_THAT(request.headers, Contains(Pair("Original-Authorization", "Bearer t")));
  EXPECT_THAT(AuthorizationOf(request), testing::HasSubstr("SignedHeaders=host;original-authorization;x-amz-"));
}

}  // namespace
}  // namespace frazil::aws
