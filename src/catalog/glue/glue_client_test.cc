#include "catalog/glue/glue_client.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "catalog/glue/glue_table.h"
#include "common/time/stop_flag.h"
#include "http/fault_server.h"

namespace frazil::catalog::glue {
namespace {

using http::FaultServer;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

class QuickClock final : public Clock {
 public:
  int64_t NowMillis() override { return 1'800'000'000'000; }
  std::chrono::steady_clock::time_point Steady() override { return {}; }
  void Sleep(std::chrono::milliseconds) override {
    if (stop != nullptr) stop->Set();
  }
  StopFlag* stop = nullptr;  // set by the next wait
};

FaultServer::Reply Refused(int status, const std::string& code, const std::string& message = "no") {
  return FaultServer::Json(status, Json{{"__type", code}, {"Message", message}}.dump());
}

class GlueClientTest : public testing::Test {
 protected:
  GlueClient Client(const FaultServer& server) {
    return {{server.url(), "eu-west-1", "123456789012"}, {.given = {"AKEXAMPLE", "a-secret-of-ours"}}, clock_};
  }
  QuickClock clock_;
};

TEST_F(GlueClientTest, AsksAsGlueWantsIt) {
  FaultServer server([](const FaultServer::Request&) { return FaultServer::Json(200, R"({"Table":{}})"); });
  auto client = Client(server);
  ASSERT_TRUE(client.Ask("GetTable", {{"Name", "t"}}, "load t", Effect::kNone));
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /");
  EXPECT_THAT(request.headers, HasSubstr("X-Amz-Target: AWSGlue.GetTable"));
  EXPECT_THAT(request.headers, HasSubstr("Credential=AKEXAMPLE/20270115/eu-west-1/glue/aws4_request"));
  EXPECT_EQ(Json::parse(request.body), (Json{{"Name", "t"}, {"CatalogId", "123456789012"}}));
}

TEST_F(GlueClientTest, ARefusalMeansWhatItsCodeSays) {
  struct Case {
    FaultServer::Reply reply;
    ErrorKind of_read;
    ErrorKind of_change;
  };
  const Case cases[] = {
      {Refused(400, "EntityNotFoundException"), ErrorKind::kNotFound, ErrorKind::kNotFound},
      {Refused(400, "com.amazonaws.glue#AlreadyExistsException:http://x"), ErrorKind::kAlreadyExists,
       ErrorKind::kAlreadyExists},
      {Refused(400, "ConcurrentModificationException"), ErrorKind::kCommitConflict, ErrorKind::kCommitConflict},
      {Refused(400, "AccessDeniedException"), ErrorKind::kUnauthorized, ErrorKind::kUnauthorized},
      {Refused(400, "InvalidInputException"), ErrorKind::kInvalidArgument, ErrorKind::kInvalidArgument},
      {Refused(400, "OperationTimeoutException"), ErrorKind::kUnavailable, ErrorKind::kCommitUnknown},
      {Refused(500, "InternalServiceException"), ErrorKind::kUnavailable, ErrorKind::kCommitUnknown},
      {FaultServer::Json(503, "<html>"), ErrorKind::kUnavailable, ErrorKind::kCommitUnknown},
      {FaultServer::Json(403, "<html>"), ErrorKind::kUnauthorized, ErrorKind::kUnauthorized},
      {Refused(400, "ThrottlingException"), ErrorKind::kUnavailable, ErrorKind::kUnavailable},
      {Refused(400, "Anything", "Rate exceeded"), ErrorKind::kUnavailable, ErrorKind::kUnavailable},
      {FaultServer::Json(429, ""), ErrorKind::kUnavailable, ErrorKind::kUnavailable},
      {{""}, ErrorKind::kUnavailable, ErrorKind::kCommitUnknown},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"}, ErrorKind::kUnavailable, ErrorKind::kCommitUnknown},
  };
  for (const Case& one : cases) {
    FaultServer server([&one](const FaultServer::Request&) { return one.reply; });
    auto client = Client(server);
    const auto read = client.Ask("GetTable", Json::object(), "load t", Effect::kNone);
    EXPECT_EQ(read.error().kind, one.of_read) << one.reply.bytes << read.error().message;
    const size_t reads = server.requests().size();
    EXPECT_EQ(reads, one.of_read == ErrorKind::kUnavailable ? 6U : 1U) << one.reply.bytes;
    const auto change = client.Ask("UpdateTable", Json::object(), "commit to t", Effect::kChange);
    EXPECT_EQ(change.error().kind, one.of_change) << one.reply.bytes << change.error().message;
    EXPECT_EQ(server.requests().size() - reads, one.of_change == ErrorKind::kUnavailable ? 6U : 1U) << one.reply.bytes;
  }
}

TEST_F(GlueClientTest, TellsWhatGlueSaysOnOneLineAndNoSecret) {
  FaultServer server(
      [](const FaultServer::Request&) { return Refused(400, "InvalidInputException", "not\nby a-secret-of-ours"); });
  const auto told = Client(server).Ask("GetTable", Json::object(), "load t", Effect::kNone).error().message;
  EXPECT_THAT(told, StartsWith("cannot load t in AWS Glue at http://127.0.0.1:"));
  EXPECT_THAT(told, HasSubstr("InvalidInputException: not by ***"));
  EXPECT_THAT(told, Not(HasSubstr("a-secret-of-ours")));
}

TEST_F(GlueClientTest, AStopEndsTheWaitForItsTurn) {
  FaultServer server([](const FaultServer::Request&) { return Refused(400, "ThrottlingException"); });
  auto client = Client(server);
  StopFlag stop;
  StopScope scope(&stop);
  clock_.stop = &stop;
  const auto told = client.Ask("UpdateTable", Json::object(), "commit to t", Effect::kChange);
  EXPECT_EQ(told.error().kind, ErrorKind::kCancelled) << "a throttled change was not made";
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(GlueClientTest, NobodyThereIsTold) {
  GlueClient client({"http://127.0.0.1:1", "eu-west-1", ""}, {.given = {"A", "b"}}, clock_);
  const auto told = client.Ask("UpdateTable", Json::object(), "commit to t", Effect::kChange).error();
  EXPECT_EQ(told.kind, ErrorKind::kUnavailable);
  EXPECT_THAT(told.message, StartsWith("Failed to connect to catalog at http://127.0.0.1:1: "));
}

TEST(GlueTable, IsTakenApart) {
  const TableIdent ident{{"db"}, "t"};
  const Json table = {{"Name", "t"},
                      {"VersionId", "7"},
                      {"Parameters", {{"table_type", "iceberg"}, {"metadata_location", "s3://b/1.json"}}}};
  EXPECT_EQ(*PointerOf(table, ident), (Pointer{"s3://b/1.json", "7"}));
  for (const char* missing : {"VersionId", "Parameters"}) {
    Json without = table;
    without.erase(missing);
    EXPECT_EQ(PointerOf(without, ident).error().kind, ErrorKind::kUnsupported) << missing;
  }
  Json nowhere = table;
  nowhere["Parameters"].erase("metadata_location");
  EXPECT_EQ(PointerOf(nowhere, ident).error().kind, ErrorKind::kCorrupt);
  Json view = table;
  view["TableType"] = "VIRTUAL_VIEW";
  view["Parameters"]["table_type"] = "HUDI";
  EXPECT_THAT(PointerOf(view, ident).error().message, HasSubstr("db.t is a view in AWS Glue"));
}

TEST(GlueTable, LeavesOutWhatGlueHasNoRoomFor) {
  iceberg::NewTable table;
  table.location = "s3://b/db/t";
  const auto text = iceberg::Type::Primitive(iceberg::TypeKind::kString);
  table.schema = {{1, "a", text, false, std::string(256, 'x')},
                  {2, "b", text, true, "two\nlines"},
                  {3, "c", text, false, "short"},
                  {4, "line\nbreak", text, false}};
  table.properties = {{"write.data.path", "s3://other/data"}, {"comment", std::string(3000, 'x')}};
  const auto metadata = iceberg::MakeTableMetadata(table, 1'700'000'000'000).value();
  const Json input = TableInputOf("t", "s3://b/db/t/1.json", metadata, Json());
  const Json& storage = input.at("StorageDescriptor");
  ASSERT_EQ(storage.at("Columns").size(), 3U);
  EXPECT_FALSE(storage.at("Columns")[0].contains("Comment"));
  EXPECT_FALSE(storage.at("Columns")[1].contains("Comment"));
  EXPECT_EQ(storage.at("Columns")[2].at("Comment"), "short");
  EXPECT_EQ(storage.at("AdditionalLocations"), Json::array({"s3://other/data"}));
  EXPECT_FALSE(input.contains("Description"));
  EXPECT_FALSE(input.at("Parameters").contains("previous_metadata_location"));
}

}  // namespace
}  // namespace frazil::catalog::glue
