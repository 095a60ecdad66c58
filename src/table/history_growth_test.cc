#include "table/history_growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/table_update.h"

namespace frazil::table {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> AdviceFor(int snapshots, int version, bool deleted, bool cut = false) {
  iceberg::NewTable made;
  made.location = "s3://b/t";
  made.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
  iceberg::TableMetadata metadata = iceberg::MakeTableMetadata(made, 1).value();
  if (deleted) metadata.properties["write.metadata.delete-after-commit.enabled"] = "true";
  metadata.history_is_cut = cut;
  for (int i = 1; i <= snapshots; ++i) {
    iceberg::Snapshot snapshot;
    snapshot.snapshot_id = i;
    snapshot.sequence_number = i;
    metadata.snapshots.push_back(std::move(snapshot));
  }
  catalog::LoadedTable table;
  table.metadata = std::make_shared<const iceberg::TableMetadata>(std::move(metadata));
  table.metadata_location = fmt::format("s3://b/t/metadata/{:05}-x.metadata.json", version);
  return HistoryAdvice(table);
}

TEST(HistoryGrowthTest, AdvisesWhereItGrows) {
  EXPECT_THAT(AdviceFor(999, 999, false), IsEmpty());
  EXPECT_THAT(AdviceFor(1000, 1000, true), ElementsAre(HasSubstr("expire_snapshots")));
  EXPECT_THAT(AdviceFor(5, 1000, false), ElementsAre(HasSubstr("write.metadata.delete-after-commit.enabled=true")));
  EXPECT_THAT(AdviceFor(1000, 100'000, true, /*cut=*/true), IsEmpty()) << "the rest was not loaded";
}

}  // namespace
}  // namespace frazil::table
