#include "app/sync_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>

#include "app/duration_text.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"

namespace frazil::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SyncFlags Flags() {
  SyncFlags flags;
  flags.topic = "weather";
  flags.table = "a.b.t";
  flags.catalog.catalog = "sqlite:////d/c.db";
  return flags;
}

TEST(SyncConfigTest, IsWhatAFileWouldSay) {
  auto flags = Flags();
  flags.brokers = "k:1";
  flags.batch_size = 5;
  const auto config = ConfigOfSync(flags);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->pipelines.size(), 1u);
  const auto& pipeline = config->pipelines[0];
  EXPECT_EQ(pipeline.options.name, "sync-weather-a.b.t");
  EXPECT_EQ(std::get<source::kafka::Options>(pipeline.reads).group, "sync-weather-a.b.t");
  EXPECT_EQ(std::get<source::kafka::Options>(pipeline.reads).brokers, "k:1");
  EXPECT_THAT(std::get<source::kafka::Options>(pipeline.reads).topics, ElementsAre("weather"));
  EXPECT_EQ(pipeline.options.sink.table.ToString(), "a.b.t");
  EXPECT_EQ(pipeline.options.sink.batch_size, 5);
  EXPECT_EQ(pipeline.options.sink.flush_interval, std::chrono::seconds(60));
  const auto& catalog = std::get<catalog::SqlCatalogOptions>(pipeline.catalog);
  EXPECT_EQ(catalog.uri, "sqlite:////d/c.db");
  EXPECT_EQ(catalog.warehouse, "file:///d/warehouse");
}

TEST(SyncConfigTest, RefusesATableWithoutNamespace) {
  auto flags = Flags();
  flags.table = "t";
  EXPECT_FALSE(ConfigOfSync(flags));
}

TEST(CatalogFlagsTest, EmbeddedCatalogLiesInTheDataFolder) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "frazil-xdg";
  std::filesystem::remove_all(folder);
  setenv("XDG_DATA_HOME", folder.c_str(), 1);
  const auto config = CatalogFromFlags({});
  unsetenv("XDG_DATA_HOME");
  ASSERT_TRUE(config) << config.error().message;
  const auto& catalog = std::get<catalog::SqlCatalogOptions>(*config);
  EXPECT_EQ(catalog.uri, "sqlite:///" + (folder / "frazil/catalog.db").string());
  EXPECT_EQ(catalog.warehouse, "file://" + (folder / "frazil/warehouse").string());
  EXPECT_EQ(catalog.name, "frazil");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "frazil"));
  std::filesystem::remove_all(folder);
}

TEST(CatalogFlagsTest, KnowsRestAndRefusesTheRest) {
  const auto rest = CatalogFromFlags({.catalog = "http://h:1/c", .warehouse = "w", .name = ""});
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_EQ(std::get<catalog::RestCatalogOptions>(*rest).uri, "http://h:1/c");
  EXPECT_EQ(std::get<catalog::RestCatalogOptions>(*rest).warehouse, "w");
  const auto sql = CatalogFromFlags({.catalog = "sqlite:////d/c.db", .warehouse = "s3://b/w", .name = "n"});
  ASSERT_TRUE(sql) << sql.error().message;
  EXPECT_EQ(std::get<catalog::SqlCatalogOptions>(*sql).warehouse, "s3://b/w");
  EXPECT_EQ(std::get<catalog::SqlCatalogOptions>(*sql).name, "n");
  EXPECT_THAT(CatalogFromFlags({.catalog = "thrift://h", .warehouse = "", .name = ""}).error().message,
              HasSubstr("\"thrift://h\" is none that flags can name"));
  EXPECT_THAT(CatalogFromFlags({.catalog = "sqlite:///", .warehouse = "", .name = ""}).error().message,
              HasSubstr("names no file"));
}

TEST(DurationTextTest, WholeNumbersWithAUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(*ParseDuration("500ms"), 500ms);
  EXPECT_EQ(*ParseDuration("60s"), 60s);
  EXPECT_EQ(*ParseDuration("5m"), 5min);
  EXPECT_EQ(*ParseDuration("2h"), 2h);
  EXPECT_EQ(*ParseDuration("30d"), 24h * 30);
  EXPECT_EQ(*ParseDuration("0s"), 0s);
  for (const auto* bad : {"", "60", "s", "1.5s", "-1s", "60 s", "1w", "99999999999999999999s", "9223372036854775807h",
                          "9223372036854775807ms", "876001h", "36501d"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

}  // namespace
}  // namespace frazil::app
