#include "table/table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "catalog/memory_catalog.h"

namespace frazil::table {
namespace {

using iceberg::Type;
using iceberg::TypeKind;

const catalog::TableIdent kIdent{{"db"}, "events"};

iceberg::ColumnAddition Column(const std::string& name) {
  return {0, {.id = 0, .name = name, .type = Type::Primitive(TypeKind::kLong)}};
}

class TableTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog::MemoryCatalogOptions options;
    options.warehouse = "file://" + testing::TempDir() + "/table-test-" + std::to_string(::getpid());
    auto opened = catalog::OpenMemoryCatalog(options);
    ASSERT_TRUE(opened) << opened.error().message;
    catalog_ = *std::move(opened);
    ASSERT_TRUE(catalog_->CreateNamespace({"db"}));
    iceberg::NewTable table;
    table.schema = {{.id = 1, .name = "id", .type = Type::Primitive(TypeKind::kLong)}};
    ASSERT_TRUE(catalog_->CreateTable(kIdent, table));
  }
  void TearDown() override { ASSERT_TRUE(catalog_->DropTable(kIdent)); }
  Table Open() { return Table(catalog_, kIdent, *catalog_->LoadTable(kIdent)); }

  std::shared_ptr<catalog::Catalog> catalog_;
};

TEST_F(TableTest, WhatAnotherAddedIsKept) {
  Table one = Open(), other = Open();
  EXPECT_TRUE(one.AddColumns({Column("a")}));
  EXPECT_TRUE(other.AddColumns({Column("b")}));
  EXPECT_NE(other.current().metadata->schema()->FindByName("a"), nullptr);
  EXPECT_NE(other.current().metadata->schema()->FindByName("b"), nullptr);
}

TEST_F(TableTest, NothingIsAddedToASchemaThatNobodyLookedAt) {
  using Outcome = Table::Growth::Outcome;
  Table one = Open(), other = Open();
  const iceberg::SchemaPtr before = other.current().metadata->schema();
  EXPECT_EQ(one.Grow({.additions = {Column("a")}}, before)->outcome, Outcome::kAdded);
  EXPECT_EQ(other.Grow({.additions = {Column("b")}}, before)->outcome, Outcome::kOvertaken);
  EXPECT_NE(other.current().metadata->schema()->FindByName("a"), nullptr) << "what there is to look at first";
  EXPECT_EQ(other.current().metadata->schema()->FindByName("b"), nullptr);
  EXPECT_EQ(other.Grow({.additions = {Column("b")}}, other.current().metadata->schema())->outcome, Outcome::kAdded);
}

TEST_F(TableTest, WhatTheTableCannotHaveIsNoError) {
  Table table = Open();
  const auto growth = table.Grow({.additions = {Column("")}}, table.current().metadata->schema());
  ASSERT_TRUE(growth);
  EXPECT_EQ(growth->outcome, Table::Growth::Outcome::kRefused);
  EXPECT_NE(growth->why.find("must have a name"), std::string::npos);
}

TEST_F(TableTest, WhatIsGoneIsReadOfANewerTable) {
  Table table = Open();
  int reads = 0;
  const auto read = [&](catalog::LoadedTable&) -> Result<int> {
    if (++reads == 2) return reads;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // tables tell by the millisecond when they changed
    EXPECT_TRUE(Open().AddColumns({Column("a")}));
    return Fail(ErrorKind::kNotFound, "no such file");
  };
  EXPECT_EQ(table.ReadFiles(Table::History::kHeads, read).value(), 2);
}

TEST_F(TableTest, WhatIsGoneOfATableThatStaysIsSaid) {
  Table table = Open();
  int reads = 0;
  const auto read = [&](catalog::LoadedTable&) -> Result<int> {
    return Fail(ErrorKind::kNotFound, "no such file, {}", ++reads);
  };
  EXPECT_EQ(table.ReadFiles(Table::History::kHeads, read).error().message, "no such file, 2");
}

}  // namespace
}  // namespace frazil::table
