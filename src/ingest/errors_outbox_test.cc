#include "ingest/errors_outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "catalog/memory_catalog.h"

namespace frazil::ingest {
namespace {

const record::TopicPartition kSource{"t", 0};

class ErrorsOutboxTest : public testing::Test {
 protected:
  void SetUp() override {
    sink_.table = {{"db"}, "events"};
    catalog::MemoryCatalogOptions options;
    options.warehouse = fmt::format("file://{}/errors-outbox-{}-{}", testing::TempDir(), ::getpid(), ++warehouses_);
    auto opened = catalog::OpenMemoryCatalog(options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    catalog_ = *opened;
    ASSERT_TRUE(catalog_->CreateNamespace({"db"}).has_value());
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
    ASSERT_TRUE(catalog_->CreateTable(sink_.table, table).has_value());
    main_ = OpenMain();
    ASSERT_TRUE(main_->Establish({{kSource, 0}}).has_value());
  }

  std::unique_ptr<table::Committer> OpenMain(const std::string& pipeline = "p", const std::string& take_over = "") {
    table::CommitterOptions options;
    options.pipeline = pipeline;
    options.take_over = take_over;
    options.cluster_id = "cluster";
    options.topic_ids = {{"t", "topic-id"}};
    auto table = std::make_shared<table::Table>(catalog_, sink_.table, *catalog_->LoadTable(sink_.table));
    auto committer = std::make_unique<table::Committer>(std::move(table), options);
    EXPECT_TRUE(committer->Load().has_value());
    return committer;
  }

  // Moves the main table by a commit of which one offset, `bad`, is pending.
  void CommitWithOneBad(int64_t first, int64_t next, int64_t bad) {
    record::OffsetRange range{kSource, first, next, 0, {}};
    range.counts.errors = 1;
    range.counts.gaps = next - first - 1;
    const std::string file = fmt::format("{}/errors-outbox-{}-{}.parquet", testing::TempDir(), ::getpid(), bad);
    std::ofstream(file) << std::string(100, 'x');  // a commit looks for it
    table::PendingErrors pending{{{"file://" + file, 100, 1}}, {}};
    pending.origins.Add({kSource, bad, bad + 1, 1});
    table::ErrorsOfCommit errors;
    errors.pending = {{"t", pending}};
    const auto committed = main_->Commit({}, {range}, errors);
    ASSERT_TRUE(committed.has_value()) << committed.error().message;
  }

  ErrorsOutbox Outbox() { return OutboxOf(*main_); }
  ErrorsOutbox OutboxOf(const table::Committer& main) { return {catalog_, main, sink_, budget_, names_, memory_}; }

  int64_t RowsOfErrorsTable() {
    const auto loaded = catalog_->LoadTable(ErrorsTable(sink_.table));
    const iceberg::Snapshot* head = loaded ? loaded->metadata->RefHead("main") : nullptr;
    return head == nullptr ? 0 : std::stoll(head->summary.at("total-records"));
  }

  static inline int warehouses_ = 0;
  SinkOptions sink_;
  MemoryBudget budget_;
  FileNames names_;
  MemoryPlan memory_;
  std::shared_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<table::Committer> main_;
};

TEST_F(ErrorsOutboxTest, AppliesWhatIsPendingOnce) {
  CommitWithOneBad(0, 10, 3);
  ASSERT_TRUE(Outbox().Apply().has_value());
  ASSERT_TRUE(Outbox().Apply().has_value());
  EXPECT_EQ(RowsOfErrorsTable(), 1);
}

// The process died between the two commits, and somebody moved the pipeline back before another was started.
TEST_F(ErrorsOutboxTest, AppliesWhatARewindBeforeTheFirstErrorsLeftPendingBelow) {
  CommitWithOneBad(0, 10, 3);
  ASSERT_TRUE(main_->MoveTo({{kSource, 5}}).has_value());
  const Status applied = Outbox().Apply();
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  EXPECT_EQ(RowsOfErrorsTable(), 1);
}

// Neither hears of the other: the one goes on with what it has in hand, the other was only just started.
TEST_F(ErrorsOutboxTest, AppliesOnceWhatTwoPipelinesOfATakeoverFindPending) {
  CommitWithOneBad(0, 10, 3);
  auto successor = OpenMain("q", "p");
  for (const table::Committer* main : {successor.get(), main_.get(), successor.get()}) {
    const Status applied = OutboxOf(*main).Apply();
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
    EXPECT_EQ(RowsOfErrorsTable(), 1);
  }
  CommitWithOneBad(10, 20, 12);
  ASSERT_TRUE(successor->Load().has_value());
  ErrorsOutbox old = Outbox();
  ErrorsOutbox fresh = OutboxOf(*successor);
  for (ErrorsOutbox* outbox : {&old, &fresh, &old}) {
    const Status applied = outbox->Apply();
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
    EXPECT_EQ(RowsOfErrorsTable(), 2);
  }
}

}  // namespace
}  // namespace frazil::ingest
