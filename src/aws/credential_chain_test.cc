#include "aws/credential_chain.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "aws/local_sources.h"
#include "aws/sts.h"
#include "common/random.h"
#include "common/time/civil_time.h"
#include "common/time/stop_flag.h"
#include "http/fault_server.h"

namespace frazil::aws {
namespace {

namespace fs = std::filesystem;
using http::FaultServer;
using testing::HasSubstr;
using testing::Not;

class FakeClock final : public Clock {
 public:
  int64_t NowMillis() override { return now_ms; }
  std::chrono::steady_clock::time_point Steady() override { return {}; }
  void Sleep(std::chrono::milliseconds duration) override { now_ms += duration.count(); }
  int64_t now_ms = 1'800'000'000'000;
};

// Sets variables while it lives; all that AWS's tools look at are unset before.
class Variables {
 public:
  Variables() {
    for (const char* name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
          "AWS_DEFAULT_REGION", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
          "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_ENDPOINT_URL",
          "AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_EC2_METADATA_SERVICE_ENDPOINT"}) {
      ::unsetenv(name);
    }
    Set("AWS_EC2_METADATA_DISABLED", "true");
    Set("AWS_CONFIG_FILE", "/nowhere/config");
    Set("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials");
  }
  ~Variables() {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
  }
  void Set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }

 private:
  std::vector<std::string> set_;
};

std::string Ending(int64_t at_ms) { return FormatTimestamp(at_ms * 1000, Zone::kNone) + "Z"; }

class CredentialChainTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }
  std::string Write(const std::string& name, const std::string& text) {
    const auto file = (dir_ / name).string();
    std::ofstream(file) << text;
    return file;
  }
  std::string Given(const std::string& key) const {
    return fmt::format(R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"s","Token":"t","Expiration":"{}"}})",
                       key, Ending(clock_.now_ms + 3'600'000));
  }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-aws-" + RandomUuid());
  Variables variables_;
  FakeClock clock_;
};

TEST_F(CredentialChainTest, WhatIsGivenIsUsedAsItIs) {
  CredentialChain chain({.given = {"AK", "secret"}}, clock_);
  EXPECT_EQ(chain.Get()->access_key_id, "AK");
  EXPECT_EQ(chain.GetInsteadOf(*chain.Get()).error().kind, ErrorKind::kUnauthorized);
  EXPECT_FALSE(chain.RenewAtMillis());
}

TEST_F(CredentialChainTest, NobodyIsToldByName) {
  const auto nobody = CredentialChain({}, clock_).Get();
  EXPECT_EQ(nobody.error().kind, ErrorKind::kUnauthorized);
  EXPECT_THAT(nobody.error().message, HasSubstr("AWS_ACCESS_KEY_ID"));
  variables_.Set("AWS_ACCESS_KEY_ID", "alone");
  EXPECT_EQ(CredentialChain({}, clock_).Get().error().kind, ErrorKind::kInvalidArgument);
}

TEST_F(CredentialChainTest, TheEnvironmentGoesBeforeAProfileAndAProfileByNameBeforeIt) {
  variables_.Set("AWS_SHARED_CREDENTIALS_FILE",
                 Write("credentials",
                       "[default]\naws_access_key_id = D\naws_secret_access_key = d\n[named]\n"
                       "aws_access_key_id = N\naws_secret_access_key = n\n"));
  EXPECT_EQ(CredentialChain({}, clock_).Get()->access_key_id, "D");
  variables_.Set("AWS_ACCESS_KEY_ID", "E");
  variables_.Set("AWS_SECRET_ACCESS_KEY", "e");
  EXPECT_EQ(CredentialChain({}, clock_).Get()->access_key_id, "E");
  EXPECT_EQ(CredentialChain({.profile = "named"}, clock_).Get()->access_key_id, "N");
  EXPECT_THAT(CredentialChain({.profile = "other"}, clock_).Get().error().message,
              HasSubstr("there is no AWS profile other"));
}

TEST_F(CredentialChainTest, ProfilesThatCannotBeHadAreRefusedByName) {
  variables_.Set("AWS_CONFIG_FILE",
                 Write("config",
                       "[profile process]\ncredential_process = /bin/x\n[profile sso]\nsso_session = y\n"
                       "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\n"
                       "source_profile = a\n[profile bare]\nregion = x\n[profile none]\nrole_arn = r\n"));
  const auto told = [&](const char* profile) {
    return CredentialChain({.profile = profile}, clock_).Get().error().message;
  };
  EXPECT_THAT(told("process"), HasSubstr("credential_process"));
  EXPECT_THAT(told("sso"), HasSubstr("sso_session"));
  EXPECT_THAT(told("a"), HasSubstr("leans on others that lean on it"));
  EXPECT_THAT(told("bare"), HasSubstr("does not say who asks"));
  EXPECT_THAT(told("none"), HasSubstr("nobody says for whom"));
}

TEST_F(CredentialChainTest, AContainerIsAskedAgainBeforeItsCredentialsEnd) {
  bool away = false;
  int asked = 0;
  FaultServer server([&](const FaultServer::Request& request) {
    EXPECT_THAT(request.headers, HasSubstr("Authorization: the token of the pod"));
    if (away) return FaultServer::Json(500, "{}");
    return FaultServer::Json(200, Given(fmt::format("K{}", ++asked)));
  });
  variables_.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/v1/credentials");
  variables_.Set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Write("token", "the token of the pod\n"));
  CredentialChain chain({}, clock_);
  const auto first = chain.Get();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->access_key_id, "K1");
  EXPECT_EQ(chain.RenewAtMillis(), clock_.now_ms + 55 * 60'000);
  clock_.now_ms += 54 * 60'000;
  EXPECT_EQ(chain.Get()->access_key_id, "K1");
  away = true;
  clock_.now_ms += 2 * 60'000;
  EXPECT_EQ(chain.Get()->access_key_id, "K1") << "they are good for four minutes yet";
  clock_.now_ms += 5 * 60'000;
  EXPECT_EQ(chain.Get().error().kind, ErrorKind::kUnavailable);
  away = false;
  EXPECT_EQ(chain.Get()->access_key_id, "K2");
  EXPECT_EQ(chain.GetInsteadOf(*chain.Get())->access_key_id, "K3");
}

TEST_F(CredentialChainTest, AContainersTokenDoesNotGoElsewhere) {
  variables_.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://elsewhere.example.com/credentials");
  variables_.Set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret-of-the-container");
  const auto refused = CredentialChain({}, clock_).Get();
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("http://elsewhere.example.com"));
}

TEST_F(CredentialChainTest, AnInstanceIsAskedByASession) {
  FaultServer server([&](const FaultServer::Request& request) {
    const auto text = [](const std::string& body) { return FaultServer::Json(200, body); };
    if (request.method == "PUT") return text("a-session");
    EXPECT_THAT(request.headers, HasSubstr("X-aws-ec2-metadata-token: a-session"));
    return request.target.ends_with("/security-credentials/") ? text("feeder\n") : text(Given(request.target));
  });
  variables_.Set("AWS_EC2_METADATA_DISABLED", "");
  variables_.Set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url() + "/");
  EXPECT_EQ(CredentialChain({}, clock_).Get()->access_key_id, "/latest/meta-data/iam/security-credentials/feeder");
}

TEST_F(CredentialChainTest, AWebIdentityBecomesARole) {
  FaultServer server([&](const FaultServer::Request& request) {
    EXPECT_THAT(request.body, HasSubstr("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Ar"
                                        "&RoleSessionName=frazil&WebIdentityToken=secret-of-the-pod"));
    if (request.connection > 1) {
      return FaultServer::Json(403, "<Error><Code>AccessDenied</Code><Message>not by secret-of-the-pod\n</Message>");
    }
    return FaultServer::Json(200, fmt::format("<a><AccessKeyId>K</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>"
                                              "<SessionToken>t</SessionToken><Expiration>{}</Expiration></a>",
                                              Ending(clock_.now_ms + 3'600'000)));
  });
  variables_.Set("AWS_ENDPOINT_URL_STS", server.url());
  variables_.Set("AWS_WEB_IDENTITY_TOKEN_FILE", Write("token", "secret-of-the-pod\n"));
  variables_.Set("AWS_ROLE_ARN", "arn:aws:r");
  CredentialChain chain({.region = "eu-west-1"}, clock_);
  const auto given = chain.Get();
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(given->secret_access_key.Reveal(), "s/+=");
  EXPECT_EQ(given->expire_at_ms, clock_.now_ms + 3'600'000);
  const auto refused = chain.GetInsteadOf(*given);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnauthorized);
  EXPECT_THAT(refused.error().message, HasSubstr("AccessDenied: not by *** "));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("secret-of-the-pod")));
}

TEST_F(CredentialChainTest, CredentialsThatHaveEndedAreUsedAndAskedForAgain) {
  int asked = 0;
  FaultServer server([&](const FaultServer::Request&) {
    ++asked;
    return FaultServer::Json(200, fmt::format(R"({{"AccessKeyId":"K","SecretAccessKey":"s","Expiration":"{}"}})",
                                              Ending(clock_.now_ms - 1000)));
  });
  variables_.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url());
  CredentialChain chain({}, clock_);
  EXPECT_TRUE(chain.Get());
  EXPECT_TRUE(chain.Get());
  EXPECT_EQ(asked, 1);
  clock_.now_ms += 61'000;
  EXPECT_TRUE(chain.Get());
  EXPECT_EQ(asked, 2);
}

TEST_F(CredentialChainTest, AStopEndsTheWait) {
  FaultServer server([](const FaultServer::Request&) { return FaultServer::Reply{"", true, true}; });
  variables_.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url());
  StopFlag stop;
  StopScope scope(&stop);
  std::thread stopper([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.Set();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(CredentialChain({}, clock_).Get().error().kind, ErrorKind::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  stopper.join();
}

}  // namespace
}  // namespace frazil::aws
