#include "ingest/micro_batch.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "catalog/memory_catalog.h"
#include "ingest/lanes.h"
#include "parquet/data_file_reader.h"
#include "parquet/schema_bridge.h"

namespace frazil::ingest {
namespace {

constexpr int64_t kRowGroup = 1 << 20;
const catalog::TableIdent kIdent{{"db"}, "events"};

record::OffsetRange Range(int32_t partition, int64_t first, int64_t next) {
  return {{"t", partition}, first, next, 0, {next - first, 0, 0, 0, 0}};
}

TEST(FileNames, AreNeverUsedTwice) {
  FileNames one;
  FileNames other;
  EXPECT_NE(one.Next(), one.Next());
  EXPECT_NE(FileNames().Next(), FileNames().Next()) << "two processes begin to count at the same number";
  EXPECT_NE(one.Next(), other.Next());
}

class MicroBatchTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog::MemoryCatalogOptions options;
    static int tables = 0;
    options.warehouse =
        "file://" + testing::TempDir() + "/micro-batch-" + std::to_string(::getpid()) + "-" + std::to_string(++tables);
    auto opened = catalog::OpenMemoryCatalog(options);
    ASSERT_TRUE(opened.has_value());
    ASSERT_TRUE((*opened)->CreateNamespace({"db"}).has_value());
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
    auto created = (*opened)->CreateTable(kIdent, table);
    ASSERT_TRUE(created.has_value()) << created.error().message;
    table_ = std::make_shared<table::Table>(*opened, kIdent, *created);
    batch_ = std::make_shared<MicroBatch>(DataFileContext{table_, options_, budget_, names_, "p", kRowGroup}, lanes_);
  }

  std::shared_ptr<arrow::RecordBatch> Rows(int64_t first, int64_t count, const iceberg::Schema& schema) {
    arrow::Int64Builder builder;
    for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(first + i).ok());
    return arrow::RecordBatch::Make(*parquet::ToArrowSchema(schema), count, {builder.Finish().ValueOrDie()});
  }
  void Append(const record::OffsetRange& range) {
    const auto metadata = table_->current().metadata;
    batch_->Expect();
    batch_->Append(range, {{{}, Rows(range.first, range.counts.rows, *metadata->schema())}},
                   {metadata->schema(), metadata->spec()});
  }

  SinkOptions options_;
  MemoryBudget budget_{100 << 20};
  FileNames names_;
  std::shared_ptr<table::Table> table_;
  std::shared_ptr<MicroBatch> batch_;
  Lanes lanes_{2};
};

TEST_F(MicroBatchTest, RangesThatCameInAnyOrderAreJoined) {
  Append(Range(0, 10, 20));
  Append(Range(1, 5, 6));
  batch_->AppendGap({{"t", 0}, 20, 23, 0, {0, 0, 0, 0, 3}});
  Append(Range(0, 0, 10));
  EXPECT_GT(budget_.used(), 0);
  auto contents = batch_->Finish();
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  EXPECT_EQ(budget_.used(), 0);
  ASSERT_EQ(contents->ranges.size(), 2U);
  EXPECT_EQ(contents->ranges[0].first, 0);
  EXPECT_EQ(contents->ranges[0].next, 23);
  EXPECT_EQ(contents->ranges[0].counts, (record::OffsetCounts{20, 0, 0, 0, 3}));
  ASSERT_EQ(contents->files.size(), 1U) << "rows of one table partition meet in one file";
  EXPECT_EQ(contents->files[0].record_count, 21);
}

// Whoever waits for a micro-batch may drop it while the lane that came last is still on its way out.
TEST_F(MicroBatchTest, MayBeLetGoAsSoonAsItIsFinished) {
  for (int round = 0; round < 300; ++round) {
    batch_ = std::make_shared<MicroBatch>(DataFileContext{table_, options_, budget_, names_, "p", kRowGroup}, lanes_);
    MicroBatch* const raw = batch_.get();
    for (int32_t partition = 0; partition < 4; ++partition) {
      batch_->Expect();
      lanes_.Submit([raw, partition](int) { raw->Append(Range(partition, 0, 0), {}, {}); });
    }
    ASSERT_TRUE(batch_->Finish().has_value());
    batch_.reset();
  }
}

TEST_F(MicroBatchTest, EachFileSaysWhereItsRowsCameFrom) {
  record::OffsetRange with_gaps = Range(0, 10, 20);
  with_gaps.counts = {7, 0, 1, 0, 2};
  Append(with_gaps);
  Append(Range(1, 5, 6));
  batch_->AppendGap({{"t", 0}, 20, 23, 0, {0, 0, 0, 0, 3}});
  Append(Range(0, 0, 10));
  Append(Range(0, 23, 25));
  const auto contents = batch_->Finish();
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  ASSERT_EQ(contents->files.size(), 1U);
  const std::string& path = contents->files[0].file_path;
  const auto reader = parquet::OpenDataFileReader(*table_->current().io->Open(path), path);
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  EXPECT_EQ((*reader)->FooterText("frazil.pipeline"), "p");
  EXPECT_EQ((*reader)->FooterText("frazil.offsets"), R"({"t":[[0,0,20,17],[0,23,25,2],[1,5,6,1]]})");
}

TEST_F(MicroBatchTest, BadRecordsOfATopicGoIntoFilesOfTheirOwn) {
  const DataFileContext errors{table_, options_, budget_, names_, "p", kRowGroup};
  const auto schema = table_->current().metadata->schema();
  const auto put = [&](const std::string& topic, int64_t first, int64_t next, int64_t rows, const std::string& why) {
    batch_->AppendErrors(errors, {{topic, 0}, first, next, rows}, Rows(0, rows, *schema), schema, why);
  };
  record::OffsetRange range = Range(0, 0, 20);
  range.counts = {15, 5, 0, 0, 0};
  put("t", 12, 20, 3, "first");
  put("t", 3, 5, 2, "second");
  put("u", 7, 8, 1, "third");
  Append(range);
  EXPECT_GT(budget_.used(), 0);
  const auto contents = batch_->Finish();
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  EXPECT_EQ(budget_.used(), 0);
  EXPECT_EQ(contents->counts, range.counts);
  EXPECT_EQ(contents->first_error, "first");
  ASSERT_EQ(contents->files.size(), 1U);
  EXPECT_EQ(contents->files[0].record_count, 15);
  ASSERT_EQ(contents->errors.size(), 2U);
  const ErrorsInHand& of_t = contents->errors.at("t");
  ASSERT_EQ(of_t.files.size(), 1U);
  EXPECT_EQ(of_t.files[0].record_count, 5);
  EXPECT_EQ(of_t.origins.at({"t", 0}), (record::RowOrigin{{"t", 0}, 3, 20, 5}));
  EXPECT_EQ(contents->errors.at("u").files.at(0).record_count, 1);
}

TEST_F(MicroBatchTest, AHoleIsNeverCommitted) {
  Append(Range(0, 0, 10));
  Append(Range(0, 11, 20));
  auto contents = batch_->Finish();
  ASSERT_FALSE(contents.has_value());
  EXPECT_EQ(contents.error().kind, ErrorKind::kInternal);
}

TEST_F(MicroBatchTest, WhatNobodyTookIsDeletedWithIt) {
  const auto left = [this](bool keep) {
    auto lanes = std::make_unique<Lanes>(2);
    batch_ = std::make_shared<MicroBatch>(DataFileContext{table_, options_, budget_, names_, "p", kRowGroup}, *lanes);
    Append(Range(0, 0, 10));
    auto contents = batch_->Finish();
    EXPECT_TRUE(contents.has_value());
    if (!keep) batch_->Disown();
    batch_.reset();
    lanes.reset();  // a lane may be the last that holds it
    return table_->current().io->Exists(contents->files.at(0).file_path).value();
  };
  EXPECT_TRUE(left(/*keep=*/true));
  EXPECT_FALSE(left(/*keep=*/false));
}

TEST_F(MicroBatchTest, OneFailedRangeFailsTheWhole) {
  Append(Range(0, 0, 10));
  batch_->Expect();
  batch_->Abort({ErrorKind::kBadRecord, "offset 10 is bad"});
  ASSERT_TRUE(batch_->error().has_value());
  auto contents = batch_->Finish();
  ASSERT_FALSE(contents.has_value());
  EXPECT_EQ(contents.error().kind, ErrorKind::kBadRecord);
}

TEST_F(MicroBatchTest, RowsWorthARowGroupAreWrittenAtOnce) {
  Append(Range(0, 0, 200000));
  EXPECT_EQ(budget_.used(), 0);
  EXPECT_FALSE(batch_->has_files()) << "the file goes on";
  Append(Range(0, 200000, 200010));
  auto contents = batch_->Finish();
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  ASSERT_EQ(contents->files.size(), 1U);
  EXPECT_GE(contents->files[0].split_offsets.size(), 2U);
}

TEST_F(MicroBatchTest, GetsMemoryBackFromTheLargestPartition) {
  MemoryBudget tight(1500 << 10);
  batch_ = std::make_shared<MicroBatch>(DataFileContext{table_, options_, tight, names_, "p", 100 * kRowGroup}, lanes_);
  Append(Range(0, 0, 100));
  EXPECT_FALSE(batch_->Relieve(/*all=*/false)) << "nothing is worth a row group";
  Append(Range(0, 100, 180000));
  ASSERT_TRUE(tight.spent());
  EXPECT_TRUE(batch_->Relieve(/*all=*/false));
  while (tight.used() > 0) std::this_thread::yield();
  auto contents = batch_->Finish();
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  ASSERT_EQ(contents->files.size(), 1U);
  EXPECT_EQ(contents->files[0].record_count, 180000);
}

TEST_F(MicroBatchTest, AFewRowsDoNotKeepTheMemoryOfAllThatCameWithThem) {
  const DataFileContext context{table_, options_, budget_, names_, "p", kRowGroup};
  const auto metadata = table_->current().metadata;
  TablePartition large(context, metadata->spec(), {});
  TablePartition small(context, metadata->spec(), {});
  constexpr int64_t kTotal = 8000, kSmall = 80;
  for (int64_t first : {0, 1000}) {
    const auto rows = Rows(first, 1000, *metadata->schema());
    const auto memory = std::make_shared<MemoryShare>(budget_, kTotal);
    large.Add(rows->Slice(0, 990), metadata->schema(), kTotal - kSmall, memory, {{"t", 0}, first, first + 1000, 990});
    small.Add(rows->Slice(990), metadata->schema(), kSmall, memory, {{"t", 0}, first, first + 1000, 10});
  }
  std::vector<iceberg::DataFile> files;
  ASSERT_TRUE(large.Finish(files).has_value());
  EXPECT_EQ(budget_.used(), 2 * kTotal);
  EXPECT_FALSE(small.shares()) << "nobody else has it any more";
  const auto rows = Rows(2000, 1000, *metadata->schema());
  auto memory = std::make_shared<MemoryShare>(budget_, kTotal);
  small.Add(rows->Slice(990), metadata->schema(), kSmall, memory, {{"t", 0}, 2000, 3000, 10});
  EXPECT_TRUE(small.shares());
  ASSERT_TRUE(small.Detach().has_value());
  memory.reset();
  EXPECT_EQ(budget_.used(), 2 * kTotal + kSmall);
  EXPECT_EQ(small.bytes(), 3 * kSmall);
  ASSERT_TRUE(small.Finish(files).has_value());
  EXPECT_EQ(budget_.used(), 0);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].record_count, 1980);
  EXPECT_EQ(files[1].record_count, 30);
  const auto& bounds = files[1].lower_bounds.at(1);
  EXPECT_EQ(std::string(bounds.begin(), bounds.end()).substr(0, 2), std::string("\xde\x03", 2)) << "990";
}

TEST_F(MicroBatchTest, RowsDecodedBeforeASchemaChangeTakeTheNewForm) {
  Append(Range(0, 0, 10));
  ASSERT_TRUE(
      table_->AddColumns({{0, {0, "late", iceberg::Type::Primitive(iceberg::TypeKind::kString), false, "", {}, {}}}})
          .has_value());
  auto contents = batch_->Finish();
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  ASSERT_EQ(contents->files.size(), 1U);
  EXPECT_EQ(contents->files[0].null_value_counts.at(2), 10);
}

}  // namespace
}  // namespace frazil::ingest
