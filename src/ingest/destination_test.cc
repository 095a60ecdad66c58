#include "ingest/destination.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "catalog/memory_catalog.h"

namespace frazil::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const record::TopicPartition kSource{"t", 0};

class HandClock final : public Clock {
 public:
  int64_t NowMillis() override { return 0; }
  std::chrono::steady_clock::time_point Steady() override { return now; }
  void Sleep(milliseconds duration) override { now += duration; }
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
};

// What is started has ended, or, while it is held, does not.
class HeldExecutor final : public Executor {
 public:
  Result<std::unique_ptr<Task>> Start(std::string_view /*purpose*/, std::function<void()> work) override {
    if (!gives_threads) return Fail(ErrorKind::kUnavailable, "no thread");
    work();
    return std::make_unique<HeldTask>(*this);
  }
  bool gives_threads = true;
  bool holds = false;
  int asked = 0;

 private:
  struct HeldTask final : Task {
    explicit HeldTask(HeldExecutor& executor) : executor_(executor) {}
    bool EndsWithin(milliseconds /*timeout*/) override {
      ++executor_.asked;
      return !executor_.holds;
    }
    HeldExecutor& executor_;
  };
};

struct TestHand final : Hand {
  void AppendGap(record::OffsetRange range) override { contents.ranges.push_back(std::move(range)); }
  std::optional<Error> error() const override { return std::nullopt; }
  bool has_files() const override { return files; }
  bool Relieve(bool /*all*/) override { return false; }
  Result<HandContents> Finish() override {
    if (fails) return tl::unexpected<Error>(*fails);
    return contents;
  }
  void Disown() override { disowned = true; }

  HandContents contents;
  std::optional<Error> fails;
  bool files = false;
  bool disowned = false;
};

struct TestIntake final : Intake {
  std::shared_ptr<Hand> NewHand() override { return hand = std::make_shared<TestHand>(); }
  void Take(record::RecordBatch /*batch*/) override {}
  bool WaitForRoom(milliseconds /*timeout*/) override { return true; }
  bool MemoryIsSpent() override { return false; }
  std::shared_ptr<TestHand> hand;
};

class DestinationTest : public testing::Test {
 protected:
  void SetUp() override {
    sink_.table = {{"db"}, "events"};
    sink_.batch_size = 100;
    sink_.flush_interval = seconds(60);
    sink_.min_commit_interval = seconds(1);
    sink_.offset_flush = seconds(600);
    catalog::MemoryCatalogOptions memory;
    static int warehouses = 0;
    memory.warehouse = fmt::format("file://{}/destination-{}-{}", testing::TempDir(), ::getpid(), ++warehouses);
    auto opened = catalog::OpenMemoryCatalog(memory);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    catalog_ = *opened;
    ASSERT_TRUE(catalog_->CreateNamespace({"db"}).has_value());
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
    auto created = catalog_->CreateTable(sink_.table, table);
    ASSERT_TRUE(created.has_value());
    table::CommitterOptions options;
    options.pipeline = "p";
    options.cluster_id = "cluster";
    options.topic_ids = {{"t", "topic-id"}};
    committer_ = std::make_unique<table::Committer>(
        std::make_shared<table::Table>(catalog_, sink_.table, *std::move(created)), options);
    ASSERT_TRUE(committer_->Load().has_value());
    ASSERT_TRUE(committer_->Establish({{kSource, 0}}).has_value());
    errors_ = std::make_unique<ErrorsOutbox>(catalog_, *committer_, sink_, budget_, names_, memory_);
    to_ = std::make_unique<Destination>(
        Destination::Parts{sink_, *committer_, *errors_, nullptr, intake_, executor_, clock_, give_up_});
  }

  void TakeGap(int64_t first, int64_t next) {
    record::OffsetRange gap{kSource, first, next, 0, {}};
    gap.counts.gaps = next - first;
    to_->AppendGap(std::move(gap));
  }
  bool Due() const { return to_->IsDue(/*at_once=*/false); }

  SinkOptions sink_;
  std::shared_ptr<catalog::Catalog> catalog_;
  MemoryBudget budget_;
  FileNames names_;
  MemoryPlan memory_;
  StopFlag give_up_;
  HandClock clock_;
  HeldExecutor executor_;
  TestIntake intake_;
  std::unique_ptr<table::Committer> committer_;
  std::unique_ptr<ErrorsOutbox> errors_;
  std::unique_ptr<Destination> to_;
};

TEST_F(DestinationTest, RecordsAreDueByNumberOrAge) {
  EXPECT_FALSE(Due()) << "nothing is in hand";
  to_->Expect(99);
  EXPECT_FALSE(Due());
  EXPECT_TRUE(to_->IsDue(/*at_once=*/true));
  to_->Expect(1);
  EXPECT_TRUE(Due());
  to_->Drop();
  EXPECT_FALSE(Due());

  to_->Expect(1);
  clock_.now += seconds(59);
  to_->Expect(1);
  EXPECT_FALSE(Due());
  clock_.now += seconds(1);
  EXPECT_TRUE(Due()) << "the oldest record counts";
}

TEST_F(DestinationTest, AFullFileIsDue) {
  to_->Expect(1);
  EXPECT_FALSE(Due());
  intake_.hand->files = true;
  EXPECT_TRUE(Due());
}

TEST_F(DestinationTest, OffsetsAloneWaitLonger) {
  TakeGap(0, 3);
  EXPECT_FALSE(to_->empty());
  clock_.now += seconds(599);
  EXPECT_FALSE(to_->IsDue(/*at_once=*/true));
  clock_.now += seconds(1);
  EXPECT_TRUE(Due());
}

TEST_F(DestinationTest, CommitsKeepTheirDistance) {
  TakeGap(0, 3);
  to_->StartCommit();
  EXPECT_TRUE(to_->empty()) << "what is committed is not in hand any more";
  ASSERT_TRUE(to_->CommitEndsWithin(milliseconds(0)));
  const FinishedCommit done = to_->TakeCommit();
  ASSERT_TRUE(done.report.has_value()) << done.report.error().message;
  EXPECT_FALSE(to_->committing());
  EXPECT_EQ(committer_->next(), (table::Positions{{kSource, 3}}));

  to_->Expect(100);
  clock_.now += milliseconds(999);
  EXPECT_FALSE(Due());
  clock_.now += milliseconds(1);
  EXPECT_TRUE(Due());
}

TEST_F(DestinationTest, FilesThatNoCommitHasNamedAreDisowned) {
  TakeGap(5, 6);
  const auto hand = intake_.hand;
  to_->StartCommit();
  const FinishedCommit fenced = to_->TakeCommit();
  ASSERT_FALSE(fenced.report.has_value());
  EXPECT_EQ(fenced.report.error().kind, ErrorKind::kFenced) << fenced.report.error().message;
  ASSERT_EQ(fenced.contents.ranges.size(), 1U) << "whoever is told of it is told what was refused";
  EXPECT_TRUE(hand->disowned);
}

TEST_F(DestinationTest, WhatCannotBeFinishedIsNotCommitted) {
  TakeGap(0, 3);
  intake_.hand->fails = Error{ErrorKind::kBadRecord, "offset 1"};
  to_->StartCommit();
  const FinishedCommit failed = to_->TakeCommit();
  ASSERT_FALSE(failed.report.has_value());
  EXPECT_EQ(failed.report.error().kind, ErrorKind::kBadRecord);
  EXPECT_EQ(committer_->next(), (table::Positions{{kSource, 0}}));
}

TEST_F(DestinationTest, ACommitThatGetsNoThreadHasFailed) {
  executor_.gives_threads = false;
  TakeGap(0, 3);
  to_->StartCommit();
  ASSERT_TRUE(to_->committing());
  ASSERT_TRUE(to_->CommitEndsWithin(milliseconds(0)));
  const FinishedCommit failed = to_->TakeCommit();
  ASSERT_FALSE(failed.report.has_value());
  EXPECT_EQ(failed.report.error().kind, ErrorKind::kUnavailable);
}

TEST_F(DestinationTest, WhoeverWantsTheCommitterWaitsUntilAStop) {
  EXPECT_TRUE(to_->AwaitCommitter().has_value());
  executor_.holds = true;
  TakeGap(0, 3);
  to_->StartCommit();
  StopFlag stop;
  stop.Set();
  const StopScope scope(&stop);
  const Status waited = to_->AwaitCommitter();
  ASSERT_FALSE(waited.has_value());
  EXPECT_EQ(waited.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(executor_.asked, 1);
  executor_.holds = false;
  EXPECT_TRUE(to_->AwaitCommitter().has_value());
}

}  // namespace
}  // namespace frazil::ingest
