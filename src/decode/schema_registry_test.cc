#include "decode/schema_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/time/stop_flag.h"
#include "http/fault_server.h"

namespace frazil::decode {
namespace {

using http::FaultServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSchema = R"({"schema": "{\"type\": \"record\", \"name\": \"r\", \"fields\": []}"})";

// Time passes only where somebody sleeps.
class SleptTime : public Clock {
 public:
  int64_t NowMillis() override { return 0; }
  std::chrono::steady_clock::time_point Steady() override { return now_; }
  void Sleep(std::chrono::milliseconds duration) override { now_ += duration; }

 private:
  std::chrono::steady_clock::time_point now_;
};

class SchemaRegistryTest : public testing::Test {
 protected:
  // Answers with these in their order, then with the last of them.
  void Answers(std::vector<FaultServer::Reply> replies) {
    server_ = std::make_unique<FaultServer>([this, replies = std::move(replies)](const FaultServer::Request&) {
      return replies[std::min(asked_++, replies.size() - 1)];
    });
    SchemaRegistryOptions options;
    options.url = server_->url() + "/api";
    options.username = "reader";
    options.password = "a-word-nobody-knows";
    registry_ = std::make_unique<SchemaRegistry>(options, clock_);
  }

  SleptTime clock_;
  size_t asked_ = 0;
  std::unique_ptr<FaultServer> server_;
  std::unique_ptr<SchemaRegistry> registry_;
};

TEST(ReadFrame, TakesTheIdOff) {
  const auto framed = ReadFrame(std::string_view("\0\0\0\1\2xyz", 8));
  ASSERT_TRUE(framed);
  EXPECT_EQ(framed->schema_id, 258U);
  EXPECT_EQ(framed->payload, "xyz");
  EXPECT_TRUE(ReadFrame(std::string_view("\0\0\0\0\1", 5)));
  EXPECT_FALSE(ReadFrame(std::string_view("\0\0\0\0", 4)));
  EXPECT_FALSE(ReadFrame("{\"a\": 1}"));
  EXPECT_FALSE(ReadFrame(""));
}

TEST_F(SchemaRegistryTest, AsksOnceAndSaysWhoAsks) {
  Answers({FaultServer::Json(200, kSchema)});
  for (int i = 0; i < 3; ++i) {
    const auto answer = registry_->Find(7);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_NE(answer->schema, nullptr);
  }
  const auto requests = server_->requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].target, "/api/schemas/ids/7");
  EXPECT_THAT(requests[0].headers, HasSubstr("Authorization: Basic cmVhZGVyOmEtd29yZC1ub2JvZHkta25vd3M="));
}

TEST_F(SchemaRegistryTest, IsWaitedForWhileItIsDownOrBusy) {
  Answers({FaultServer::Json(503, "{}"),
           {"", true},
           FaultServer::Json(429, "{}"),
           FaultServer::Json(200, "<html>"),
           FaultServer::Json(200, kSchema)});
  const auto answer = registry_->Find(7);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_NE(answer->schema, nullptr);
  EXPECT_EQ(asked_, 5U);
}

TEST_F(SchemaRegistryTest, AStopEndsTheWait) {
  Answers({FaultServer::Json(503, "{}")});
  StopFlag stop;
  stop.Set();
  const StopScope scope(&stop);
  EXPECT_EQ(registry_->Find(7).error().kind, ErrorKind::kCancelled);
}

TEST_F(SchemaRegistryTest, AnUnknownIdIsAskedForAgainLater) {
  Answers({FaultServer::Json(404, R"({"error_code": 40403, "message": "Schema not found"})"),
           FaultServer::Json(200, kSchema)});
  const auto unknown = registry_->Find(7);
  ASSERT_TRUE(unknown.has_value()) << unknown.error().message;
  EXPECT_EQ(unknown->schema, nullptr);
  EXPECT_THAT(unknown->why, HasSubstr("has no schema 7"));
  EXPECT_EQ(registry_->Find(7)->schema, nullptr);
  EXPECT_EQ(asked_, 1U);
  clock_.Sleep(std::chrono::seconds(11));
  EXPECT_NE(registry_->Find(7)->schema, nullptr);
}

TEST_F(SchemaRegistryTest, WhatWaitingDoesNotMendIsAnError) {
  Answers({FaultServer::Json(404, "not here")});
  EXPECT_EQ(registry_->Find(7).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(registry_->Find(7).error().message, HasSubstr("Check schema_registry: url"));
  Answers({FaultServer::Json(401, R"({"error": "no", "error_description": "a-word-nobody-knows is wrong"})")});
  const auto refused = registry_->Find(7);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnauthorized);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("is wrong"), Not(HasSubstr("a-word-nobody-knows"))));
}

TEST_F(SchemaRegistryTest, IsTriedWithoutWaiting) {
  Answers({FaultServer::Json(404, R"({"error_code": 40403, "message": "Schema 0 not found"})"),
           FaultServer::Json(503, "{}"), FaultServer::Json(200, "<html>"), FaultServer::Json(401, "{}")});
  EXPECT_TRUE(registry_->Try());
  EXPECT_EQ(registry_->Try().error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(registry_->Try().error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(registry_->Try().error().kind, ErrorKind::kUnauthorized);
  EXPECT_EQ(asked_, 4U);
}

TEST_F(SchemaRegistryTest, ARefusalIsToldWithoutWhatWasSent) {
  const std::string password = "a-word-nobody-knows";
  const std::string header = "cmVhZGVyOmEtd29yZC1ub2JvZHkta25vd3M=";
  // The text is cut short within the last of them.
  const std::string words =
      "nobody knows Basic " + header + ", \\\"" + password + "\\\" " + std::string(210, 'x') + password;
  for (const int status : {400, 401}) {
    Answers({FaultServer::Json(status, R"({"error_code": 40101, "message": ")" + words + "\"}")});
    EXPECT_THAT(registry_->Find(7).error().message, AllOf(HasSubstr("nobody knows Basic ***, \"***\" xxx"),
                                                          Not(HasSubstr("error_code")), Not(HasSubstr("a-word"))));
  }
}

TEST_F(SchemaRegistryTest, SchemasThatAreNoneOfOurs) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"schemaType": "PROTOBUF", "schema": "message x {}"})", "is PROTOBUF, not AVRO"},
      {R"({"schema": "{}"})", "schema 7: Avro schema"},
      {R"({"schema": "\"string\""})", "is no record but string"},
      {R"({"schema": "\"string\"", "references": [{"name": "a"}]})", "refers to other schemas"},
  };
  for (const auto& [reply, why] : cases) {
    Answers({FaultServer::Json(200, reply)});
    const auto answer = registry_->Find(7);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->schema, nullptr);
    EXPECT_THAT(answer->why, HasSubstr(why));
    server_.reset();
  }
}

}  // namespace
}  // namespace frazil::decode
