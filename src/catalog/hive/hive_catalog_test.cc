#include "catalog/hive/hive_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "catalog/hive/fake_metastore.h"
#include "common/limits.h"
#include "common/random.h"
#include "common/time/stop_flag.h"

namespace frazil::catalog {
namespace {

namespace fs = std::filesystem;
using hive::FakeMetastore;
using hive::Fate;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

const TableIdent kEvents{{"db"}, "events"};

class HiveCatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(dir_);
    catalog_ = OpenHiveCatalog({.uri = server_.uri(), .warehouse = "file://" + dir_.string(), .io = {}}).value();
    ASSERT_TRUE(catalog_->CreateNamespace({"db"}));
  }
  void TearDown() override { fs::remove_all(dir_); }

  LoadedTable Create() {
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
    auto created = catalog_->CreateTable(kEvents, table);
    EXPECT_TRUE(created) << created.error().message;
    return *created;
  }
  Result<LoadedTable> SetOwner(const std::string& owner) {
    return catalog_->Commit(kEvents, {}, {iceberg::SetProperties{{{"owner", owner}}}}, "");
  }
  std::string Owner() { return catalog_->LoadTable(kEvents)->metadata->Property("owner", ""); }
  int MetadataFiles() const {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_)) {
      files += entry.path().string().ends_with(".metadata.json") ? 1 : 0;
    }
    return files;
  }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-hive-" + RandomUuid());
  FakeMetastore server_;
  std::shared_ptr<Catalog> catalog_;
};

TEST_F(HiveCatalogTest, KeepsWhatHiveShows) {
  const LoadedTable created = Create();
  EXPECT_EQ(created.metadata->location, "file://" + dir_.string() + "/db.db/events");
  const auto committed = SetOwner("me");
  ASSERT_TRUE(committed) << committed.error().message;
  const auto shown = server_.Table("events");
  EXPECT_EQ(shown.parameters.at("metadata_location"), committed->metadata_location);
  EXPECT_EQ(shown.parameters.at("previous_metadata_location"), created.metadata_location);
  EXPECT_EQ(shown.parameters.at("owner"), "me");
  EXPECT_EQ(server_.locks(), 0U);
  EXPECT_EQ(catalog_->CreateTable(kEvents, {}).error().kind, ErrorKind::kAlreadyExists);
  EXPECT_TRUE(catalog_->DropTable(kEvents));
  EXPECT_EQ(catalog_->LoadTable(kEvents).error().kind, ErrorKind::kNotFound);
}

class HiveCommitTest : public HiveCatalogTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    server_.compares = GetParam();
    HiveCatalogTest::SetUp();
    Create();
    ASSERT_TRUE(SetOwner("nobody"));
  }
};
INSTANTIATE_TEST_SUITE_P(Servers, HiveCommitTest, testing::Bool(),
                         [](const auto& one) { return one.param ? "Compare" : "DoNotCompare"; });

TEST_P(HiveCommitTest, AnswerThatIsLostSaysNothingOfTheCommit) {
  server_.next_change = Fate::kDoneUnanswered;
  EXPECT_EQ(SetOwner("me").error().kind, ErrorKind::kCommitUnknown);
  // Where the server does not compare, the lock alone keeps others from being overtaken.
  EXPECT_EQ(server_.locks(), GetParam() ? 0U : 1U);
  EXPECT_EQ(Owner(), "me");
  EXPECT_EQ(server_.locks(), 0U) << "it is in: nothing comes after it any more";
  EXPECT_TRUE(SetOwner("you"));
}

TEST_P(HiveCommitTest, WhatMayComeLateKeepsTheTableLocked) {
  server_.next_change = Fate::kLostUnanswered;
  EXPECT_EQ(SetOwner("me").error().kind, ErrorKind::kCommitUnknown);
  EXPECT_EQ(Owner(), "nobody");
  EXPECT_EQ(server_.locks(), GetParam() ? 0U : 1U);
}

TEST_P(HiveCommitTest, AFailureIsLookedInto) {
  const int files = MetadataFiles();
  server_.next_change = Fate::kFails;
  EXPECT_EQ(SetOwner("me").error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(Owner(), "nobody");
  EXPECT_EQ(MetadataFiles(), files);
  server_.next_change = Fate::kDoneThenFails;
  const auto done = SetOwner("me");
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(Owner(), "me");
  EXPECT_EQ(server_.locks(), 0U);
}

TEST_P(HiveCommitTest, OfTwoOnOneBaseOneIsIn) {
  const auto base = catalog_->LoadTable(kEvents).value();
  const auto other = OpenHiveCatalog({.uri = server_.uri(), .warehouse = "file://" + dir_.string(), .io = {}}).value();
  const auto commit = [&](Catalog& by, const std::string& owner) {
    return by.Commit(kEvents, {iceberg::AssertTableUuid{base.metadata->table_uuid}},
                     {iceberg::SetProperties{{{"owner", owner}}}}, "");
  };
  std::vector<std::future<bool>> done;
  for (int i = 0; i < 8; ++i) {
    done.push_back(std::async(std::launch::async, [&, i] {
      const auto sent = commit(i % 2 == 0 ? *catalog_ : *other, std::to_string(i));
      EXPECT_TRUE(sent || sent.error().kind == ErrorKind::kCommitConflict) << sent.error().message;
      return sent.has_value();
    }));
  }
  int in = 0;
  for (auto& one : done) in += one.get() ? 1 : 0;
  EXPECT_EQ(server_.changes(), in + 1) << "the first is of the set-up";
  EXPECT_EQ(server_.locks(), 0U);
}

TEST_F(HiveCatalogTest, WaitsForALock) {
  Create();
  const int64_t held = server_.HoldLock();
  auto committed = std::async(std::launch::async, [&] { return SetOwner("me"); });
  EXPECT_EQ(committed.wait_for(milliseconds(300)), std::future_status::timeout);
  server_.GiveUpLock(held);
  EXPECT_TRUE(committed.get());
  EXPECT_EQ(server_.locks(), 0U);
}

TEST_F(HiveCatalogTest, AStopEndsTheWaitForALock) {
  Create();
  const int64_t held = server_.HoldLock();
  StopFlag stop;
  auto committed = std::async(std::launch::async, [&] {
    const StopScope scope(&stop);
    return SetOwner("me");
  });
  EXPECT_EQ(committed.wait_for(milliseconds(200)), std::future_status::timeout);
  stop.Set();
  EXPECT_EQ(committed.get().error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(server_.locks(), 1U) << "its place in the queue is given up";
  server_.GiveUpLock(held);
}

TEST_F(HiveCatalogTest, NothingIsSentWithALockThatRanOut) {
  Create();
  server_.locks_run_out = true;
  EXPECT_EQ(SetOwner("me").error().kind, ErrorKind::kCommitConflict);
  EXPECT_EQ(server_.changes(), 0);
}

// Limits change while no thread reads them: before the server starts and after it has ended.
struct SecondsOfPatience {
  SecondsOfPatience() {
    Limits limits;
    limits.hive_timeout.value = 1;
    SetLimits(limits);
  }
  ~SecondsOfPatience() { SetLimits({}); }
};
class ImpatientHiveCatalogTest : private SecondsOfPatience, public HiveCatalogTest {};

TEST_F(ImpatientHiveCatalogTest, AServerThatHangsIsWaitedForAsLongAsTheLimitSays) {
  Create();
  server_.hangs = true;
  const auto loaded = catalog_->LoadTable(kEvents);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(loaded.error().message, HasSubstr("limits.hive_timeout_secs"));
  EXPECT_THAT(loaded.error().message, HasSubstr("SocketTimeoutException"));
}

TEST_F(HiveCatalogTest, AStopIsHeardWhileAServerHangs) {
  Create();
  server_.hangs = true;
  StopFlag stop;
  auto loaded = std::async(std::launch::async, [&] {
    const StopScope scope(&stop);
    return catalog_->LoadTable(kEvents);
  });
  EXPECT_EQ(loaded.wait_for(milliseconds(200)), std::future_status::timeout);
  stop.Set();
  ASSERT_EQ(loaded.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(loaded.get().error().kind, ErrorKind::kCancelled);
}

TEST_F(HiveCatalogTest, ANewConnectionTakesThePlaceOfOneThatEnded) {
  Create();
  server_.next_change = Fate::kLostUnanswered;
  EXPECT_FALSE(SetOwner("me"));
  for (int64_t id = 1; id < 10; ++id) server_.GiveUpLock(id);
  EXPECT_TRUE(SetOwner("me"));
}

TEST_F(HiveCatalogTest, ADatabaseWhereNoFileCanBeIsRefusedByName) {
  hive::wire::Database far;
  far.name = "far";
  far.__set_locationUri("hdfs://namenode:8020/far.db");
  server_.create_database(far);
  iceberg::NewTable table;
  table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
  const auto refused = catalog_->CreateTable({{"far"}, "t"}, table);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("database far of the Hive Metastore at thrift://"));
  EXPECT_THAT(refused.error().message, HasSubstr("hdfs://namenode:8020/far.db"));
}

TEST(HiveCatalogOptionsTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(OpenHiveCatalog({.uri = "hms:9083", .warehouse = "file:///w", .io = {}}).error().message,
              HasSubstr("expected thrift://HOST:PORT"));
  const auto nowhere = OpenHiveCatalog({.uri = "thrift://127.0.0.1:1", .warehouse = "file:///w", .io = {}}).value();
  EXPECT_THAT(nowhere->ListNamespaces().error().message,
              StartsWith("Failed to connect to catalog at thrift://127.0.0.1:1: "));
}

}  // namespace
}  // namespace frazil::catalog
