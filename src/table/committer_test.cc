#include "table/committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>

#include "iceberg/manifest.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

// Real catalog in memory, with the faults that no real one gives on demand: a reply that is lost, before or after the
// change was made, and another writer that comes first.
class FaultyCatalog final : public catalog::Catalog {
 public:
  enum class Fault { kNone, kLostBefore, kLostAfter, kConflict, kForeignCommitFirst };
  explicit FaultyCatalog(std::shared_ptr<catalog::Catalog> real) : real_(std::move(real)) {}

  std::string Describe() const override { return real_->Describe(); }
  Result<std::vector<catalog::Namespace>> ListNamespaces() override { return real_->ListNamespaces(); }
  Status CreateNamespace(const catalog::Namespace& ns) override { return real_->CreateNamespace(ns); }
  Result<bool> NamespaceExists(const catalog::Namespace& ns) override { return real_->NamespaceExists(ns); }
  Result<std::vector<catalog::TableIdent>> ListTables(const catalog::Namespace& ns) override {
    return real_->ListTables(ns);
  }
  Result<catalog::LoadedTable> CreateTable(const catalog::TableIdent& ident, const iceberg::NewTable& table) override {
    return real_->CreateTable(ident, table);
  }
  Result<catalog::LoadedTable> LoadTable(const catalog::TableIdent& ident) override { return real_->LoadTable(ident); }
  Status DropTable(const catalog::TableIdent& ident) override { return real_->DropTable(ident); }
  Result<catalog::LoadedTable> Commit(const catalog::TableIdent& ident,
                                      const std::vector<iceberg::TableRequirement>& requirements,
                                      const std::vector<iceberg::TableUpdate>& updates,
                                      const std::string& key) override {
    ++sends;
    const Fault fault = faults.empty() ? Fault::kNone : faults.front();
    if (!faults.empty()) faults.pop_front();
    if (fault == Fault::kLostBefore) return Fail(ErrorKind::kCommitUnknown, "no reply");
    if (fault == Fault::kConflict) return Fail(ErrorKind::kCommitConflict, "refused");
    if (fault == Fault::kForeignCommitFirst) foreign();
    auto done = real_->Commit(ident, requirements, updates, key);
    if (fault == Fault::kLostAfter && done) return Fail(ErrorKind::kCommitUnknown, "no reply");
    return done;
  }

  std::deque<Fault> faults;
  std::function<void()> foreign;
  int sends = 0;

 private:
  std::shared_ptr<catalog::Catalog> real_;
};
using Fault = FaultyCatalog::Fault;

class NoWaiting final : public Clock {
 public:
  int64_t NowMillis() override { return Clock::System().NowMillis(); }
  std::chrono::steady_clock::time_point Steady() override { return std::chrono::steady_clock::time_point(waited_); }
  void Sleep(std::chrono::milliseconds duration) override { waited_ += duration; }

 private:
  std::chrono::milliseconds waited_{0};
};

const catalog::TableIdent kIdent{{"db"}, "events"};

class CommitterTest : public testing::Test {
 protected:
  void SetUp() override {
    catalog::MemoryCatalogOptions options;
    options.warehouse = "file://" + testing::TempDir() + "/committer-" + RandomName();
    auto real = catalog::OpenMemoryCatalog(options);
    ASSERT_TRUE(real.has_value()) << real.error().message;
    catalog_ = std::make_shared<FaultyCatalog>(*real);
    ASSERT_TRUE(catalog_->CreateNamespace({"db"}).has_value());
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
    auto created = catalog_->CreateTable(kIdent, table);
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }

  static std::string RandomName() { return std::to_string(::getpid()) + "-" + std::to_string(++names_); }

  CommitterOptions Options(const std::string& pipeline = "p") {
    CommitterOptions options;
    options.pipeline = pipeline;
    options.cluster_id = "cluster";
    options.topic_ids = {{"t", "topic-id"}};
    options.patience = std::chrono::seconds(30);
    options.clock = &clock_;
    return options;
  }

  std::unique_ptr<Committer> Open(const CommitterOptions& options) {
    auto committer = OpenUnloaded(options);
    const Status loaded = committer->Load();
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    return committer;
  }
  std::unique_ptr<Committer> OpenUnloaded(const CommitterOptions& options) {
    auto loaded = catalog_->LoadTable(kIdent);
    return std::make_unique<Committer>(std::make_shared<Table>(catalog_, kIdent, *loaded), options);
  }
  std::unique_ptr<Committer> Started(const CommitterOptions& options) {
    auto committer = Open(options);
    const Status done = committer->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}});
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return committer;
  }

  static iceberg::DataFile File(int64_t rows) {
    iceberg::DataFile file;
    file.file_path = "file:///nowhere/" + RandomName() + ".parquet";
    file.record_count = rows;
    file.file_size_in_bytes = 100;
    return file;
  }
  static record::OffsetRange Range(int32_t partition, int64_t first, int64_t next) {
    return {{"t", partition}, first, next, 0, {next - first, 0, 0, 0, 0}};
  }
  int64_t RowsInTable() {
    auto loaded = catalog_->LoadTable(kIdent);
    const auto* head = loaded->metadata->RefHead("main");
    return head == nullptr ? 0 : std::stoll(head->summary.at("total-records"));
  }

  static inline int names_ = 0;
  NoWaiting clock_;
  std::shared_ptr<FaultyCatalog> catalog_;
};

TEST_F(CommitterTest, FilesAndOffsetsArriveTogether) {
  auto committer = Started(Options());
  const int sends = catalog_->sends;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->sends, sends + 1) << "a commit is one request";
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
  auto again = Open(Options());
  EXPECT_EQ(again->next(), committer->next());
}

TEST_F(CommitterTest, AnEstablishedStartStays) {
  Started(Options());
  auto second = Open(Options());
  ASSERT_TRUE(second->Establish({{{"t", 0}, 99}, {{"t", 2}, 0}}).has_value());
  EXPECT_EQ(second->next().at({"t", 0}), 10);
  EXPECT_EQ(second->next().at({"t", 2}), 0);
}

TEST_F(CommitterTest, GoesByTheStartsThatARivalWasQuickerToRecord) {
  auto one = Open(Options());
  auto two = Open(Options());
  ASSERT_TRUE(one->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}}).has_value());
  ASSERT_TRUE(two->Establish({{{"t", 0}, 12}, {{"t", 1}, 3}}).has_value());
  EXPECT_EQ(two->next(), one->next());
}

TEST_F(CommitterTest, NothingIsCommittedBeforeItsStartIsRecorded) {
  auto committer = Open(Options());
  auto done = committer->Commit({File(5)}, {Range(0, 0, 5)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 0);
}

TEST_F(CommitterTest, AZombieIsFenced) {
  auto zombie = Started(Options());
  auto owner = Open(Options());
  ASSERT_TRUE(owner->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  auto late = zombie->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 5);
  ASSERT_TRUE(zombie->Load().has_value());
  EXPECT_EQ(zombie->next().at({"t", 0}), 15);
}

TEST_F(CommitterTest, PartitionsOfTwoProcessesDoNotFenceEachOther) {
  auto one = Started(Options());
  auto two = Open(Options());
  ASSERT_TRUE(one->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  ASSERT_TRUE(two->Commit({File(3)}, {Range(1, 0, 3)}).has_value());
  ASSERT_TRUE(one->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
  EXPECT_EQ(one->next().at({"t", 1}), 3);
}

TEST_F(CommitterTest, ALostReplyIsNotAFailure) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostAfter};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

TEST_F(CommitterTest, ALostRequestIsSentAgain) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostBefore, Fault::kConflict, Fault::kLostBefore};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->attempts, 4);
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_F(CommitterTest, RebasesOnAForeignCommit) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(other->Commit({File(3)}, {Range(1, 0, 3)}).has_value()); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(RowsInTable(), 8);
}

TEST_F(CommitterTest, IsFencedWhenTheForeignCommitTookItsOffsets) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(other->Commit({File(5)}, {Range(0, 10, 15)}).has_value()); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_F(CommitterTest, GivesUpOnAConflictThatDoesNotEnd) {
  auto committer = Started(Options());
  catalog_->faults.assign(1000, Fault::kConflict);
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("Commit conflict - table was modified concurrently"));
}

TEST_F(CommitterTest, GivesUpWhenAskedTo) {
  auto committer = Started(Options());
  StopFlag stop;
  stop.Set();
  CommitterOptions options = Options();
  options.give_up = &stop;
  auto stopping = Open(options);
  catalog_->faults.assign(1000, Fault::kLostBefore);
  auto done = stopping->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kCancelled);
}

TEST_F(CommitterTest, AnotherPipelineOnTheSameTopicIsRefused) {
  Started(Options("first"));
  auto second = OpenUnloaded(Options("second"));
  const Status refused = second->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("already fed from topic 't' by pipeline 'first'"));
  EXPECT_THAT(refused.error().message, HasSubstr("take_over: first"));

  CommitterOptions independent = Options("second");
  independent.independent = true;
  EXPECT_TRUE(Open(independent)->next().empty());
}

TEST_F(CommitterTest, TakesOverAnotherPipelinesOffsets) {
  auto first = Started(Options("first"));
  ASSERT_TRUE(first->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  CommitterOptions options = Options("second");
  options.take_over = "first";
  auto second = Open(options);
  EXPECT_EQ(second->next().at({"t", 0}), 15);
  ASSERT_TRUE(second->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 10);
  // The first one has nothing to go on from, and is told so.
  const Status refused = first->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("pipeline 'second'"));
  // A restart of the second keeps its own state.
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 20);
}

TEST_F(CommitterTest, AnotherClusterOrTopicIsRefused) {
  Started(Options());
  CommitterOptions cluster = Options();
  cluster.cluster_id = "rebuilt";
  EXPECT_THAT(OpenUnloaded(cluster)->Load().error().message, HasSubstr("belong to Kafka cluster 'cluster'"));
  CommitterOptions topic = Options();
  topic.topic_ids = {{"t", "new-id"}};
  EXPECT_THAT(OpenUnloaded(topic)->Load().error().message, HasSubstr("was deleted and created anew"));
}

class RollbackTest : public CommitterTest {
 protected:
  // Two commits, then main goes back to the first.
  void SetUp() override {
    CommitterTest::SetUp();
    auto committer = Started(Options());
    auto first = committer->Commit({File(5)}, {Range(0, 10, 15)});
    ASSERT_TRUE(first.has_value());
    ASSERT_TRUE(committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
    iceberg::SnapshotRef ref;
    ref.snapshot_id = first->snapshot_id;
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::SetSnapshotRef{"main", ref}}, "").has_value());
  }
};

TEST_F(RollbackTest, StopsByDefault) {
  const Status refused = OpenUnloaded(Options())->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("was rolled back or replaced"));
}

TEST_F(RollbackTest, ReadsTheLostRecordsAgainWhenTold) {
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kReingest;
  auto committer = Open(options);
  EXPECT_EQ(committer->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
  ASSERT_TRUE(committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(RowsInTable(), 12);
  EXPECT_TRUE(OpenUnloaded(Options())->Load().has_value()) << "the rollback is settled";
}

TEST_F(RollbackTest, GoesOnWithoutThemWhenTold) {
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto committer = Open(options);
  EXPECT_EQ(committer->next().at({"t", 0}), 20);
  ASSERT_TRUE(committer->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  EXPECT_EQ(RowsInTable(), 6);
}

TEST_F(CommitterTest, AtLeastOnceTouchesNoProperty) {
  CommitterOptions options = Options();
  options.exactly_once = false;
  auto committer = Open(options);
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  const auto properties = catalog_->LoadTable(kIdent)->metadata->properties;
  for (const auto& [name, value] : properties) EXPECT_FALSE(name.starts_with("frazil.")) << name;
}

TEST_F(CommitterTest, ManyMovedRangesGoToAFileOfTheirOwn) {
  auto committer = Open(Options());
  Positions starts;
  std::vector<record::OffsetRange> ranges;
  for (int i = 0; i < 500; ++i) {
    starts[{"t", i}] = 0;
    ranges.push_back(Range(i, 0, 1));
  }
  ASSERT_TRUE(committer->Establish(starts).has_value());
  ASSERT_TRUE(committer->Commit({File(500)}, ranges).has_value());
  auto loaded = catalog_->LoadTable(kIdent);
  const auto& summary = loaded->metadata->RefHead("main")->summary;
  ASSERT_TRUE(summary.contains(std::string(kSummaryRangesFile)));
  auto text = loaded->io->ReadAll(summary.at(std::string(kSummaryRangesFile)));
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(ParseRanges(*text)->size(), 500U);
}

}  // namespace
}  // namespace frazil::table
