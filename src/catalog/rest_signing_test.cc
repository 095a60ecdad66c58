// Which requests to a REST catalog are signed for AWS, and by whom. tests/conformance/catalog_sigv4_test.py verifies
// the signatures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "catalog/catalog.h"
#include "catalog/rest_catalog.h"
#include "http/fault_server.h"

namespace frazil::catalog {
namespace {

using http::FaultServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A catalog without tables.
class Server {
 public:
  explicit Server(std::string config = "{}")
      : config_(std::move(config)), server_([this](const FaultServer::Request& request) {
          return FaultServer::Json(200, request.target.starts_with("/v1/config") ? config_ : R"({"identifiers": []})");
        }) {}

  RestCatalogOptions options(std::map<std::string, std::string> properties) const {
    properties.insert({{"rest.access-key-id", "AKEXAMPLE"}, {"rest.secret-access-key", "a-secret-of-ours"}});
    return {server_.url(), "", {}, std::move(properties), {}, {}};
  }
  std::vector<std::string> headers() const {
    std::vector<std::string> all;
    for (const auto& request : server_.requests()) all.push_back(request.headers);
    return all;
  }

 private:
  const std::string config_;
  FaultServer server_;
};

TEST(RestSigningTest, EveryRequestIsSigned) {
  Server server;
  auto options = server.options({{"rest.sigv4-enabled", "true"}, {"rest.signing-region", "eu-west-1"}});
  options.credential = Secret("a-token");
  const auto catalog = OpenRestCatalog(options);
  ASSERT_TRUE(catalog) << catalog.error().message;
  ASSERT_TRUE((*catalog)->ListTables({"a b"}));
  ASSERT_EQ(server.headers().size(), 2U);
  for (const std::string& headers : server.headers()) {
    EXPECT_THAT(headers, AllOf(HasSubstr("Original-Authorization: Bearer a-token"),
                               HasSubstr("Authorization: AWS4-HMAC-SHA256 Credential=AKEXAMPLE/"),
                               HasSubstr("/eu-west-1/execute-api/aws4_request"), Not(HasSubstr("a-secret-of-ours"))));
  }
}

TEST(RestSigningTest, TheCatalogMaySayForWhat) {
  Server server(R"({"overrides": {"rest.signing-name": "glue", "rest.signing-region": "us-west-2"}})");
  const auto catalog =
      OpenRestCatalog(server.options({{"rest.auth.type", "sigv4"}, {"rest.signing-region", "eu-west-1"}}));
  ASSERT_TRUE(catalog) << catalog.error().message;
  ASSERT_TRUE((*catalog)->ListTables({"a"}));
  EXPECT_THAT(server.headers().front(), HasSubstr("/eu-west-1/execute-api/"));
  EXPECT_THAT(server.headers().back(), HasSubstr("/us-west-2/glue/"));
}

TEST(RestSigningTest, TheCatalogMayNotSayByWhom) {
  Server server(R"({"overrides": {"rest.sigv4-enabled": "true", "rest.signing-region": "us-west-2"}})");
  const auto refused = OpenRestCatalog(server.options({}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("add rest.sigv4-enabled: \"true\" to properties"));
  EXPECT_THAT(server.headers().back(), Not(HasSubstr("AKEXAMPLE")));
}

TEST(RestSigningTest, WhatIsHalfGivenIsRefused) {
  Server server;
  auto options = server.options({{"rest.sigv4-enabled", "true"}, {"rest.signing-region", "eu-west-1"}});
  options.properties.erase("rest.secret-access-key");
  EXPECT_THAT(OpenRestCatalog(options).error().message, HasSubstr("only one is given"));
  options.properties["rest.auth.sigv4.delegate-auth-type"] = "basic";
  EXPECT_EQ(OpenRestCatalog(options).error().kind, ErrorKind::kUnsupported);
}

TEST(RestSigningTest, KeysThatHaveEndedAreTold) {
  FaultServer server([](const FaultServer::Request&) {
    return FaultServer::Json(403, R"({"message":"The security token included in the request is expired"})");
  });
  RestCatalogOptions options{server.url(), "", {}, {}, {}, {}};
  options.properties = {{"rest.sigv4-enabled", "true"},
                        {"rest.signing-region", "eu-west-1"},
                        {"rest.access-key-id", "A"},
                        {"rest.secret-access-key", "b"}};
  const auto refused = OpenRestCatalog(options);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnauthorized);
  EXPECT_THAT(refused.error().message, HasSubstr("is expired"));
  EXPECT_EQ(server.requests().size(), 1U) << "there is no way to others";
}

TEST(RestHeaderTest, OfTheUsersGoesBeforeOurs) {
  Server server;
  auto options = server.options({{"header.user-agent", "theirs"}});
  options.credential = Secret("a-token");
  ASSERT_TRUE(OpenRestCatalog(options));
  EXPECT_THAT(server.headers().front(), AllOf(HasSubstr("user-agent: theirs"), Not(HasSubstr("User-Agent: frazil"))));
}

}  // namespace
}  // namespace frazil::catalog
