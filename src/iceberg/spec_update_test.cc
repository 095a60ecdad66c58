#include "iceberg/spec_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::iceberg {
namespace {

using ::testing::IsEmpty;

const Transform kIdentity{TransformKind::kIdentity, 0, ""};
const Transform kDay{TransformKind::kDay, 0, ""};

// id long (1), ts timestamp (2), not partitioned.
TableMetadata Table() {
  const auto column = [](std::string name, TypeKind kind) {
    return Field{.id = 0, .name = std::move(name), .type = Type::Primitive(kind)};
  };
  NewTable table;
  table.location = "/t";
  int32_t last_id = 0;
  table.schema = AssignFreshIds({column("id", TypeKind::kLong), column("ts", TypeKind::kTimestamp)}, 1, &last_id);
  return *MakeTableMetadata(table, 1000);
}

TableMetadata Changed(const TableMetadata& base, const std::vector<PartitionField>& fields) {
  auto table = ApplyUpdates(base, "", ChangeDefaultSpec(base, fields), 1001);
  EXPECT_TRUE(table) << table.error().message;
  return *std::move(table);
}

TEST(ChangeDefaultSpecTest, WhatIsTheDefaultIsLeftAlone) {
  EXPECT_THAT(ChangeDefaultSpec(Table(), {}), IsEmpty());
  const auto by_day = Changed(Table(), {{2, 0, "ts_day", kDay}});
  EXPECT_THAT(ChangeDefaultSpec(by_day, {{2, 0, "ts_day", kDay}}), IsEmpty());
  EXPECT_THAT(ChangeDefaultSpec(by_day, {{2, 0, "another name", kDay}}), IsEmpty());
}

TEST(ChangeDefaultSpecTest, AFieldKeepsTheIdThatItOnceHad) {
  const auto by_day = Changed(Table(), {{2, 0, "ts_day", kDay}});
  EXPECT_EQ(by_day.spec()->fields[0].field_id, 1000);
  const auto by_id = Changed(by_day, {{1, 0, "id", kIdentity}});
  EXPECT_EQ(by_id.spec()->fields[0].field_id, 1001);
  const auto by_both = Changed(by_id, {{1, 0, "id", kIdentity}, {2, 0, "ts_day", kDay}});
  EXPECT_EQ(by_both.spec()->fields[0].field_id, 1001);
  EXPECT_EQ(by_both.spec()->fields[1].field_id, 1000);
  EXPECT_EQ(by_both.last_partition_id, 1001);
  EXPECT_EQ(by_both.partition_specs.size(), 4U);
}

TEST(ChangeDefaultSpecTest, ASpecThatWasThereBecomesTheDefaultAgain) {
  const auto by_day = Changed(Table(), {{2, 0, "ts_day", kDay}});
  const auto back = Changed(by_day, {});
  EXPECT_EQ(back.default_spec_id, Table().default_spec_id);
  EXPECT_EQ(Changed(back, {{2, 0, "ts_day", kDay}}).default_spec_id, by_day.default_spec_id);
  EXPECT_EQ(back.partition_specs.size(), 2U);
}

TEST(ChangeDefaultSpecTest, ANameOfAnotherFieldIsNotGivenAgain) {
  const auto bucket = [](int32_t count) { return Transform{TransformKind::kBucket, count, ""}; };
  const auto by_4 = Changed(Table(), {{1, 0, "id_bucket", bucket(4)}});
  const auto by_8 = Changed(by_4, {{1, 0, "id_bucket", bucket(8)}});
  EXPECT_EQ(by_8.spec()->fields[0].name, "id_bucket_8");
  const auto back = Changed(by_8, {{1, 0, "id_bucket", bucket(4)}});
  EXPECT_EQ(back.default_spec_id, by_4.default_spec_id);
  EXPECT_EQ(Changed(back, {{1, 0, "id_bucket", bucket(8)}}).default_spec_id, by_8.default_spec_id);
}

}  // namespace
}  // namespace frazil::iceberg
