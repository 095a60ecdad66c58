#include "ops/offset_census.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/memory_file_io.h"
#include "parquet/data_file_writer.h"
#include "parquet/schema_bridge.h"

namespace frazil::ops {
namespace {

using iceberg::Type;
using iceberg::TypeKind;
using testing::ElementsAre;
using testing::IsEmpty;

struct Row {
  std::optional<int32_t> partition;
  std::optional<int64_t> offset;
  std::string topic = "t";
};

// A pipeline whose one partition has four rows in 0..5 and two in 5..7.
class OffsetCensusTest : public testing::Test {
 protected:
  OffsetCensusTest() {
    snapshot_.snapshot_id = 12;
    table::OffsetAccount account{"p", "t", table::StoredState{}, {}, {}};
    account.partitions[0].stretches = {{0, 5, {4, 0, 0, 0, 1}, nullptr}, {5, 7, {2, 0, 0, 0, 0}, &snapshot_}};
    account.partitions[0].stands_at = 7;
    accounts_.list.push_back(account);
    std::vector<iceberg::Field> fields = {{1, "_kafka_topic", Type::Primitive(TypeKind::kString), false, "", {}, {}},
                                          {2, "_kafka_offset", Type::Primitive(TypeKind::kLong), false, "", {}, {}},
                                          {3, "_kafka_partition", Type::Primitive(TypeKind::kInt), false, "", {}, {}}};
    schema_ = std::make_shared<const iceberg::Schema>(0, std::move(fields));
  }

  void UseColumns(bool with_topic = false) {
    auto columns = FindPositionColumns(*schema_).value();
    if (!with_topic) columns.topic.reset();
    census_.emplace(columns, accounts_);
  }
  void AddFile(const std::string& pipeline, const std::vector<Row>& rows) {
    const std::string path = "f" + std::to_string(++files_);
    auto writer = parquet::OpenDataFile(io_, path, schema_, 0, {}, {});
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    arrow::StringBuilder topics;
    arrow::Int64Builder offsets;
    arrow::Int32Builder partitions;
    for (const Row& row : rows) {
      ASSERT_TRUE(topics.Append(row.topic).ok());
      ASSERT_TRUE((row.offset ? offsets.Append(*row.offset) : offsets.AppendNull()).ok());
      ASSERT_TRUE((row.partition ? partitions.Append(*row.partition) : partitions.AppendNull()).ok());
    }
    const auto batch = arrow::RecordBatch::Make(*parquet::ToArrowSchema(*schema_), static_cast<int64_t>(rows.size()),
                                                {*topics.Finish(), *offsets.Finish(), *partitions.Finish()});
    ASSERT_TRUE((*writer)->Write(*batch).has_value());
    ASSERT_TRUE((*writer)->Close({}).has_value());
    const auto reader = parquet::OpenDataFileReader(*io_.Open(path), path);
    ASSERT_TRUE(reader.has_value());
    LiveFile file;
    file.path = path;
    file.rows = static_cast<int64_t>(rows.size());
    ASSERT_TRUE(census_->Add(file, {pipeline, std::nullopt}, **reader).has_value());
  }
  std::vector<std::string> Judge(const OffsetCensus::Removed& removed = {0, false}) {
    findings_.clear();
    verdict_ = census_->Judge(accounts_.list[0], removed, findings_);
    std::vector<std::string> kinds;
    for (const auto& finding : findings_) kinds.emplace_back(ToString(finding.kind));
    return kinds;
  }

  io::MemoryFileIo io_;
  iceberg::SchemaPtr schema_;
  iceberg::Snapshot snapshot_;
  table::OffsetAccounts accounts_;
  std::optional<OffsetCensus> census_;
  table::Findings findings_;
  OffsetCensus::Verdict verdict_;
  int files_ = 0;
};

TEST_F(OffsetCensusTest, EachOffsetOnce) {
  UseColumns();
  AddFile("p", {{0, 3}, {0, 0}, {0, 6}});
  AddFile("", {{0, 1}, {std::nullopt, std::nullopt}, {0, 5}, {0, 4}});  // compacted with another's row
  EXPECT_THAT(Judge(), IsEmpty());
  EXPECT_TRUE(verdict_.proved);
  EXPECT_EQ(census_->Find(accounts_.list[0], 0)->CountIn(0, 7), 6);
}

TEST_F(OffsetCensusTest, RowsThatAreThereTwiceOrShouldNotBe) {
  UseColumns();
  AddFile("p", {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 5}, {0, 6}});
  AddFile("p", {{0, 2}, {0, 6}, {0, 7}, {1, 0}});
  EXPECT_THAT(Judge(), ElementsAre("doubled-offset", "wrong-count", "wrong-count"));
  EXPECT_EQ(findings_[0].what, "2 rows have an offset that another row has, the least is offset 2");
  EXPECT_FALSE(verdict_.proved);
}

TEST_F(OffsetCensusTest, RowsThatAreMissing) {
  UseColumns();
  AddFile("p", {{0, 0}, {0, 1}, {0, 3}, {0, 5}});
  EXPECT_THAT(Judge(), ElementsAre("missing-offset", "missing-offset"));
  EXPECT_EQ(findings_[0].what, "offsets 5 to 6: 2 rows were committed by snapshot 12, 1 are there");
  EXPECT_THAT(Judge({1, false}), ElementsAre("missing-offset")) << "others removed one of those that are kept";
  EXPECT_THAT(Judge({1, true}), IsEmpty());
  EXPECT_FALSE(verdict_.proved);
  EXPECT_EQ(verdict_.missing, 1);
  EXPECT_EQ(verdict_.missing_before, 1);
}

TEST_F(OffsetCensusTest, RowsOfUnknownOffsetProveNothing) {
  UseColumns();
  AddFile("p", {{0, 0}, {std::nullopt, std::nullopt}});
  EXPECT_THAT(Judge(), IsEmpty());
  EXPECT_FALSE(verdict_.proved);
  EXPECT_EQ(census_->unplaced(), 1);
}

TEST_F(OffsetCensusTest, TopicsAreToldApart) {
  table::OffsetAccount other = accounts_.list[0];
  other.topic = "u";
  accounts_.list.push_back(other);
  const std::vector<Row> ours = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 5}, {0, 6}};
  std::vector<Row> theirs = ours;
  for (Row& row : theirs) row.topic = "u";
  for (const bool with_topic : {true, false}) {
    UseColumns(with_topic);
    AddFile("", ours);
    AddFile("", theirs);
    EXPECT_THAT(Judge(), IsEmpty());
    EXPECT_EQ(verdict_.proved, with_topic);
    EXPECT_EQ(census_->unplaced(), with_topic ? 0 : 12);
  }
}

TEST(PositionColumnsTest, AreFoundByNameAndType) {
  const iceberg::Schema lacks(0, {{1, "_kafka_offset", Type::Primitive(TypeKind::kLong), false, "", {}, {}},
                                  {2, "_kafka_partition", Type::Primitive(TypeKind::kString), false, "", {}, {}}});
  EXPECT_FALSE(FindPositionColumns(lacks).has_value());
}

}  // namespace
}  // namespace frazil::ops
