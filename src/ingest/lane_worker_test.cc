#include "ingest/lane_worker.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "catalog/memory_catalog.h"
#include "ingest/lanes.h"
#include "parquet/schema_bridge.h"

namespace frazil::ingest {
namespace {

using decode::Operation;

// Of payloads that say of each row what becomes of it.
class Changes : public decode::Format, public decode::Decoder {
 public:
  Changes(iceberg::SchemaPtr schema, std::vector<Operation> operations)
      : schema_(std::move(schema)), operations_(std::move(operations)) {}

  std::string_view name() const override { return "changes"; }
  std::string_view telling_record() const override { return "a change"; }
  Result<std::unique_ptr<Decoder>> MakeDecoder(const decode::DecoderTable&, const decode::DecoderOptions&,
                                               const decode::RefusedColumns*) const override {
    return std::make_unique<Changes>(schema_, operations_);
  }
  Result<std::vector<iceberg::Field>> InferSchema(const std::vector<record::RecordBatch>&,
                                                  const std::vector<iceberg::Field>& declared,
                                                  const decode::DecoderOptions&, iceberg::ColumnNames) const override {
    return declared;
  }
  Result<decode::Decoded> Decode(const record::RecordBatch&) override {
    decode::Decoded decoded;
    arrow::Int64Builder ids;
    EXPECT_TRUE(ids.AppendValues({1, 2}).ok());
    decoded.rows = arrow::RecordBatch::Make(*parquet::ToArrowSchema(*schema_), 2, {ids.Finish().ValueOrDie()});
    decoded.operations = operations_;
    return decoded;
  }

 private:
  const iceberg::SchemaPtr schema_;
  const std::vector<Operation> operations_;
};

class TakesNone : public BadRecordPolicy {
 public:
  Status Judge(const record::RecordBatch&, std::vector<decode::BadRecord>, MicroBatch&,
               record::OffsetCounts&) override {
    return Fail(ErrorKind::kInternal, "no record is bad");
  }
};

class LaneWorkerTest : public testing::Test {
 protected:
  LaneWorkerTest() {
    catalog::MemoryCatalogOptions options;
    options.warehouse = fmt::format("file://{}/lane-worker-{}", testing::TempDir(), ::getpid());
    const auto catalog = *catalog::OpenMemoryCatalog(options);
    EXPECT_TRUE(catalog->CreateNamespace({"db"}).has_value());
    sink_.table = {{"db"}, "events"};
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
    table_ = std::make_shared<table::Table>(catalog, sink_.table, *catalog->CreateTable(sink_.table, table));
    hand_ = std::make_shared<MicroBatch>(DataFileContext{table_, sink_, budget_, names_, "p", 1 << 20}, lanes_);
  }

  // What a micro-batch became of one batch of two records.
  Result<HandContents> Process(std::vector<Operation> operations) {
    sink_.format = std::make_shared<Changes>(table_->current().metadata->schema(), std::move(operations));
    metrics::Pipeline metrics("p", "db.events");
    LaneWorker worker(table_, sink_, policy_, metrics);
    record::RecordBatch batch;
    batch.source = {"t", 0};
    batch.next = 2;
    batch.records.resize(2);
    hand_->Expect();
    worker.Process({std::move(batch), {budget_, 0}, {}}, *hand_);
    if (const auto error = hand_->error()) return tl::unexpected<Error>(*error);
    return hand_->Finish();
  }

  SinkOptions sink_;
  MemoryBudget budget_{100 << 20};
  FileNames names_;
  TakesNone policy_;
  std::shared_ptr<table::Table> table_;
  std::shared_ptr<MicroBatch> hand_;
  Lanes lanes_{1};
};

TEST_F(LaneWorkerTest, RowsWithoutOperationsAreInserts) {
  const auto contents = Process({});
  ASSERT_TRUE(contents.has_value()) << contents.error().message;
  EXPECT_EQ(contents->counts.rows, 2);
}

// To append a deletion would be a row that nobody wrote.
TEST_F(LaneWorkerTest, RowsThatChangeOthersAreNotAppended) {
  const auto contents = Process({Operation::kInsert, Operation::kDelete});
  ASSERT_FALSE(contents.has_value());
  EXPECT_EQ(contents.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(contents.error().message, testing::HasSubstr("rows can only be appended"));
}

}  // namespace
}  // namespace frazil::ingest
