#include "table/committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <set>
#include <utility>

#include "catalog/commit_reply.h"
#include "iceberg/manifest.h"
#include "table/offset_history.h"

namespace frazil::table {
namespace {

using testing::HasSubstr;

// Real catalog in memory, with the faults that no real one gives on demand: a reply that is lost, before or after the
// change was made, another writer that comes first, and what it does not take of a commit.
class FaultyCatalog final : public catalog::Catalog {
 public:
  enum class Fault { kNone, kLostBefore, kLostAfter, kConflict, kConflictAfter, kRefused, kForeignCommitFirst };
  enum class Manners { kTakes, kDrops, kRefuses };
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
  Result<catalog::LoadedTable> LoadTable(const catalog::TableIdent& ident) override {
    ++whole_loads;
    return real_->LoadTable(ident);
  }
  Result<catalog::LoadedTable> LoadHeads(const catalog::TableIdent& ident) override {
    return Cut(real_->LoadTable(ident));
  }
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
    if (fault == Fault::kRefused) return Fail(ErrorKind::kInvalidArgument, "refused");
    if (fault == Fault::kForeignCommitFirst) foreign();
    if (conflicts_are_400) {
      const Status met = iceberg::CheckRequirements(real_->LoadTable(ident)->metadata.get(), requirements);
      if (!met) return Fail(ErrorKind::kInvalidArgument, "{}", met.error().message);
    }
    std::vector<iceberg::TableUpdate> taken;
    for (const auto& update : updates) {
      const auto* add = std::get_if<iceberg::AddSnapshot>(&update);
      if (!takes_rows && add != nullptr && add->snapshot.summary.contains("added-records")) {
        return Fail(ErrorKind::kInvalidArgument, "no rows here");
      }
      const auto* ref = std::get_if<iceberg::SetSnapshotRef>(&update);
      const Manners manners = std::holds_alternative<iceberg::SetProperties>(update) ? properties
                              : ref != nullptr && !ref->ref.is_branch                ? tags
                                                                                     : Manners::kTakes;
      if (manners == Manners::kRefuses) {
        return Fail(ErrorKind::kInvalidArgument, "no {} here", ref == nullptr ? "properties" : "tags");
      }
      if (manners == Manners::kTakes) taken.push_back(update);
    }
    auto done = Cut(real_->Commit(ident, requirements, taken, key));
    if (done && (fault == Fault::kLostAfter || fault == Fault::kConflictAfter)) {
      if (after_loss) std::exchange(after_loss, nullptr)();
      return Fail(fault == Fault::kLostAfter ? ErrorKind::kCommitUnknown : ErrorKind::kCommitConflict, "no reply");
    }
    return done;
  }

  std::deque<Fault> faults;
  std::function<void()> foreign;
  std::function<void()> after_loss;
  Manners properties = Manners::kTakes;
  Manners tags = Manners::kTakes;
  bool takes_rows = true;
  bool cuts = false;  // shows heads where a catalog may
  bool conflicts_are_400 = false;
  int sends = 0;
  int whole_loads = 0;

 private:
  Result<catalog::LoadedTable> Cut(Result<catalog::LoadedTable> loaded) const {
    if (!loaded || !cuts) return loaded;
    loaded->metadata = catalog::HeadsOf(*loaded->metadata);
    return loaded;
  }

  std::shared_ptr<catalog::Catalog> real_;
};
using Fault = FaultyCatalog::Fault;
using Manners = FaultyCatalog::Manners;

class NoWaiting final : public Clock {
 public:
  int64_t NowMillis() override { return Clock::System().NowMillis(); }
  std::chrono::steady_clock::time_point Steady() override { return std::chrono::steady_clock::time_point(waited_); }
  void Sleep(std::chrono::milliseconds duration) override { waited_ += duration; }

 private:
  std::chrono::milliseconds waited_{0};
};

const catalog::TableIdent kIdent{{"db"}, "events"};

// Everything holds whatever the catalog does with the property that is to hold the offsets, and whether it shows a
// table's history or its heads alone.
struct Behaviour {
  Manners manners = Manners::kTakes;
  bool cuts = false;
};
class CommitterTest : public testing::TestWithParam<Behaviour> {
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
    catalog_->properties = GetParam().manners;
    catalog_->cuts = GetParam().cuts;
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
    auto loaded = catalog_->LoadHeads(kIdent);
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
  void SetMain(int64_t snapshot_id) {
    iceberg::SnapshotRef ref;
    ref.snapshot_id = snapshot_id;
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::SetSnapshotRef{"main", ref}}, "").has_value());
  }
  void AppendForeign() {
    const auto base = Loaded();
    iceberg::AppendFiles foreign("main", {File(1)}, {});
    auto attempt = foreign.Prepare(*base.metadata, *base.io, clock_.NowMillis());
    ASSERT_TRUE(attempt.has_value()) << attempt.error().message;
    ASSERT_TRUE(catalog_->Commit(kIdent, attempt->requirements, attempt->updates, "").has_value());
  }
  int64_t RowsInTable() {
    const auto loaded = Loaded();
    const auto* head = loaded.metadata->RefHead("main");
    return head == nullptr ? 0 : std::stoll(head->summary.at("total-records"));
  }

  catalog::LoadedTable Loaded() { return *catalog_->LoadTable(kIdent); }
  std::vector<StoredState> Stored() {
    auto states = StoredStates(*Loaded().metadata, *Loaded().io);
    EXPECT_TRUE(states.has_value()) << states.error().message;
    return *states;
  }
  static OffsetForm Form() { return GetParam().manners == Manners::kTakes ? OffsetForm::kProperty : OffsetForm::kTag; }

  static inline int names_ = 0;
  NoWaiting clock_;
  std::shared_ptr<FaultyCatalog> catalog_;
};

TEST_P(CommitterTest, FilesAndOffsetsArriveTogether) {
  auto committer = Started(Options());
  const int sends = catalog_->sends;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->sends, sends + 1) << "a commit is one request";
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
  ASSERT_EQ(Stored().size(), 1U);
  EXPECT_EQ(Stored()[0].form, Form());
  EXPECT_EQ(Stored()[0].state.snapshot_id, Loaded().metadata->current_snapshot_id);
  auto again = Open(Options());
  EXPECT_EQ(again->next(), committer->next());
}

PendingErrors Errors(const std::string& path, int64_t first, int64_t next) {
  PendingErrors errors{{{path, 100, 1}}, {}};
  errors.origins.Add({{"t", 0}, first, next, 1});
  return errors;
}
// What a commit with these bad records says, where the errors table has come up to `next`.
ErrorsOfCommit Saying(ErrorsByTopic pending, int64_t next = 0) {
  StatesByTopic applied;
  applied["t"].topic = "t";
  applied["t"].partitions[0] = StartingAt(next);
  return {std::move(pending), [applied] { return applied; }};
}

std::vector<std::string> PathsOf(const std::vector<PendingErrors>& pending) {
  std::vector<std::string> paths;
  for (const auto& one : pending) paths.push_back(one.files.front().path);
  return paths;
}

TEST_P(CommitterTest, ErrorsArePendingUntilTheyAreKnownToBeApplied) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 10, 15)}})).has_value());
  auto other = Open(Options());
  ASSERT_TRUE(other->Commit({}, {Range(0, 15, 20)}, Saying({{"t", Errors("b", 17, 20)}})).has_value());
  EXPECT_THAT(PathsOf(other->states().at("t").pending), testing::ElementsAre("a", "b"));
  EXPECT_THAT(PathsOf(Stored()[0].state.pending), testing::ElementsAre("a", "b"));
  ASSERT_TRUE(other->Commit({}, {Range(0, 20, 25)}, Saying({}, 15)).has_value());
  EXPECT_THAT(PathsOf(Stored()[0].state.pending), testing::ElementsAre("b"));
}

// A process that slept has the offsets in hand that another has brought in, and that a rewind has made due again: where
// they join, its bad records are still not new.
TEST_P(CommitterTest, ErrorsThatCameBeforeARewindAreFenced) {
  auto slow = Started(Options());
  auto other = Open(Options());
  ASSERT_TRUE(other->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 12, 13)}})).has_value());
  ASSERT_TRUE(other->MoveTo({{{"t", 0}, 10}}).has_value());
  const auto pending = slow->Commit({}, {Range(0, 10, 16)}, Saying({{"t", Errors("b", 12, 16)}}));
  ASSERT_FALSE(pending.has_value());
  EXPECT_EQ(pending.error().kind, ErrorKind::kFenced);
  ASSERT_TRUE(other->Commit({}, {Range(0, 10, 11)}, Saying({}, 15)).has_value());
  ASSERT_TRUE(other->MoveTo({{{"t", 0}, 10}}).has_value());
  const auto applied = slow->Commit({}, {Range(0, 10, 16)}, Saying({{"t", Errors("b", 12, 16)}}, 15));
  ASSERT_FALSE(applied.has_value());
  EXPECT_THAT(applied.error().message, HasSubstr("went to the errors table before, up to 14"));
  ASSERT_TRUE(slow->Load().has_value());
  ASSERT_TRUE(slow->Commit({}, {Range(0, 10, 16)}, Saying({{"t", Errors("b", 15, 16)}}, 15)).has_value());
  EXPECT_THAT(PathsOf(Stored()[0].state.pending), testing::ElementsAre("b"));
}

TEST_P(CommitterTest, ErrorsOfAFencedCommitAreNotPending) {
  auto committer = Started(Options());
  auto other = Open(Options());
  ASSERT_TRUE(other->Commit({}, {Range(0, 10, 15)}).has_value());
  EXPECT_FALSE(committer->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 10, 15)}})).has_value());
  EXPECT_TRUE(Stored()[0].state.pending.empty());
}

TEST_P(CommitterTest, ErrorsStayPendingWhereTheCatalogDropsWhatSaidSo) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}, Saying({{"t", Errors("a", 10, 15)}})).has_value());
  EXPECT_THAT(PathsOf(committer->states().at("t").pending), testing::ElementsAre("a"));
  EXPECT_THAT(PathsOf(Open(Options())->states().at("t").pending), testing::ElementsAre("a"));
}

TEST_P(CommitterTest, AnEstablishedStartStays) {
  Started(Options());
  auto second = Open(Options());
  ASSERT_TRUE(second->Establish({{{"t", 0}, 99}, {{"t", 2}, 0}}).has_value());
  EXPECT_EQ(second->next().at({"t", 0}), 10);
  EXPECT_EQ(second->next().at({"t", 2}), 0);
}

TEST_P(CommitterTest, GoesByTheStartsThatARivalWasQuickerToRecord) {
  auto one = Open(Options());
  auto two = Open(Options());
  ASSERT_TRUE(one->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}}).has_value());
  ASSERT_TRUE(two->Establish({{{"t", 0}, 12}, {{"t", 1}, 3}}).has_value());
  EXPECT_EQ(two->next(), one->next());
}

TEST_P(CommitterTest, NothingIsCommittedBeforeItsStartIsRecorded) {
  auto committer = Open(Options());
  auto done = committer->Commit({File(5)}, {Range(0, 0, 5)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 0);
}

TEST_P(CommitterTest, AZombieIsFenced) {
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

TEST_P(CommitterTest, PartitionsOfTwoProcessesDoNotFenceEachOther) {
  auto one = Started(Options());
  auto two = Open(Options());
  ASSERT_TRUE(one->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  ASSERT_TRUE(two->Commit({File(3)}, {Range(1, 0, 3)}).has_value());
  ASSERT_TRUE(one->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
  EXPECT_EQ(one->next().at({"t", 1}), 3);
}

TEST_P(CommitterTest, ALostReplyIsNotAFailure) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostAfter};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

// The only trace of a try that was taken is its snapshot, which may expire before anybody looks for it.
TEST_P(CommitterTest, ATryThatWasTakenIsNotSentAgainWhereARewindLetsItsOffsetsJoinAgain) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->after_loss = [&] {
    const int64_t taken = *Loaded().metadata->current_snapshot_id;
    ASSERT_TRUE(other->Load().has_value());
    ASSERT_TRUE(other->MoveTo({{{"t", 0}, 10}}).has_value());
    ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{taken}}}, "").has_value());
  };
  catalog_->faults = {Fault::kLostAfter};
  const auto again = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().kind, ErrorKind::kFenced) << again.error().message;
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, ALostRequestIsSentAgain) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostBefore, Fault::kConflict, Fault::kLostBefore};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->attempts, 4);
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, RebasesOnAForeignCommit) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(other->Commit({File(3)}, {Range(1, 0, 3)}).has_value()); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(RowsInTable(), 8);
}

TEST_P(CommitterTest, IsFencedWhenTheForeignCommitTookItsOffsets) {
  auto committer = Started(Options());
  auto other = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(other->Commit({File(5)}, {Range(0, 10, 15)}).has_value()); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, GivesUpOnAConflictThatDoesNotEnd) {
  auto committer = Started(Options());
  catalog_->faults.assign(1000, Fault::kConflict);
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("Commit conflict - table was modified concurrently"));
}

TEST_P(CommitterTest, GivesUpWhenAskedTo) {
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

TEST_P(CommitterTest, AnotherPipelineOnTheSameTopicIsRefused) {
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

TEST_P(CommitterTest, TakesOverAnotherPipelinesOffsets) {
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
  // A restart of the second keeps its own state, and needs no word about the first any more.
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 20);
  options.take_over.clear();
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 20);
}

TEST_P(CommitterTest, MovesElsewhereByACommit) {
  auto committer = Started(Options());
  const auto established = Loaded().metadata->current_snapshot_id;
  const auto first = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(first.has_value()) << first.error().message;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  // Partition 0 back, partition 1 ahead.
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 12}, {{"t", 1}, 7}}).has_value());
  EXPECT_EQ(RowsInTable(), 10);
  EXPECT_EQ(Open(Options())->next(), (Positions{{{"t", 0}, 12}, {{"t", 1}, 7}}));
  EXPECT_EQ(Stored()[0].state.partitions.at(0), (PartitionState{12, 12, 0, {}, 20}));
  EXPECT_EQ(Stored()[0].state.partitions.at(1).counts, (record::OffsetCounts{2, 0, 5, 0, 0}));
  // A process that reads on is fenced, and so is one that moves from where the pipeline stood before.
  EXPECT_EQ(committer->Commit({File(1)}, {Range(0, 20, 21)}).error().kind, ErrorKind::kFenced);
  auto stale = Open(Options());
  ASSERT_TRUE(committer->Commit({File(3)}, {Range(0, 12, 15)}).has_value());
  EXPECT_EQ(stale->MoveTo({{{"t", 0}, 10}}).error().kind, ErrorKind::kFenced);
  EXPECT_EQ(stale->MoveTo({{{"u", 0}, 10}}).error().kind, ErrorKind::kInvalidArgument);
  // Where it stood after earlier commits, over the move.
  const auto process = Open(Options());
  EXPECT_EQ(process->StoodAt(first->snapshot_id).value(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
  EXPECT_EQ(process->StoodAt(*established).value(), (Positions{{{"t", 0}, 10}, {{"t", 1}, 0}}));
  EXPECT_THAT(process->StoodAt(17).error().message, HasSubstr("is not in the history of 'main'"));
}

TEST_P(CommitterTest, OffsetsMayBeTakenBackAtOnce) {
  Started(Options("first"));
  CommitterOptions options = Options("second");
  options.take_over = "first";
  ASSERT_TRUE(Open(options)->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  CommitterOptions third = Options("third");
  third.take_over = "second";
  EXPECT_EQ(Open(third)->next().at({"t", 0}), 15);
  CommitterOptions back = Options("first");
  back.take_over = "second";
  ASSERT_TRUE(Open(back)->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(Open(Options("first"))->next().at({"t", 0}), 20);
  // The second one has ended, although it took over from the first once.
  const Status refused = OpenUnloaded(Options("second"))->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("pipeline 'first'"));
}

TEST_P(CommitterTest, AnotherClusterOrTopicIsRefused) {
  Started(Options());
  CommitterOptions cluster = Options();
  cluster.cluster_id = "rebuilt";
  EXPECT_THAT(OpenUnloaded(cluster)->Load().error().message, HasSubstr("belong to Kafka cluster 'cluster'"));
  CommitterOptions topic = Options();
  topic.topic_ids = {{"t", "new-id"}};
  EXPECT_THAT(OpenUnloaded(topic)->Load().error().message, HasSubstr("was deleted and created anew"));
}

TEST_P(CommitterTest, GoesOnWhereExpiryTookTheFilesOfABaseThatOthersLeftBehind) {
  Started(Options());
  auto committer = Open(Options());  // which has written none of these files itself
  const auto base = Loaded();
  AppendForeign();
  const std::string list = base.metadata->RefHead("main")->manifest_list;
  ASSERT_TRUE(base.io->Delete(list).has_value());
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 6);
  // Where the table itself has lost a file, that is said.
  ASSERT_TRUE(base.io->Delete(Loaded().metadata->RefHead("main")->manifest_list).has_value());
  done = Open(Options())->Commit({File(5)}, {Range(0, 15, 20)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, ErrorKind::kNotFound);
}

TEST_P(CommitterTest, ARollbackUnderACommitIsAConflictWhateverItIsCalled) {
  auto committer = Started(Options());
  const auto before = Loaded().metadata->current_snapshot_id;
  AppendForeign();
  ASSERT_TRUE(committer->Load().has_value());
  catalog_->conflicts_are_400 = true;
  catalog_->foreign = [&] { SetMain(*before); };
  catalog_->faults = {Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 5);
}

TEST_P(CommitterTest, AnAnswerToTheTryBeforeIsNotTakenForARefusal) {
  auto committer = Started(Options());
  // The first try arrives, is refused, and no answer comes; a catalog that remembers keys says so again.
  catalog_->faults = {Fault::kLostBefore, Fault::kRefused};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->attempts, 3);
  EXPECT_EQ(Stored()[0].form, Form());
}

class RollbackTest : public CommitterTest {
 protected:
  // Two commits, then main goes back to the first.
  void SetUp() override {
    CommitterTest::SetUp();
    auto committer = Started(Options());
    established_ = *Loaded().metadata->current_snapshot_id;
    auto first = committer->Commit({File(5)}, {Range(0, 10, 15)});
    ASSERT_TRUE(first.has_value());
    auto second = committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)});
    ASSERT_TRUE(second.has_value());
    first_ = first->snapshot_id;
    second_ = second->snapshot_id;
    SetMain(first_);
  }
  CommitterOptions Reingesting(const std::string& pipeline = "p") {
    CommitterOptions options = Options(pipeline);
    options.on_rollback = OnRollback::kReingest;
    return options;
  }

  int64_t established_ = 0;
  int64_t first_ = 0;
  int64_t second_ = 0;
};

TEST_P(RollbackTest, ErrorsOfLostCommitsComeAgainOrStay) {
  SetMain(second_);
  auto committer = Open(Options());
  const auto kept = committer->Commit({}, {Range(0, 20, 25)}, Saying({{"t", Errors("kept", 20, 25)}}));
  ASSERT_TRUE(kept.has_value());
  ASSERT_TRUE(committer->Commit({}, {Range(0, 25, 30)}, Saying({{"t", Errors("lost", 25, 30)}})).has_value());
  SetMain(kept->snapshot_id);
  EXPECT_THAT(PathsOf(Open(Reingesting())->states().at("t").pending), testing::ElementsAre("kept"));
  CommitterOptions on = Options();
  on.on_rollback = OnRollback::kContinue;
  EXPECT_THAT(PathsOf(Open(on)->states().at("t").pending), testing::ElementsAre("kept", "lost"));
}

// A rewind is no reason to think that bad records were lost with what was rolled back.
TEST_P(RollbackTest, ErrorsOfCommitsThatSurviveStayWhereARewindCameAfterThem) {
  SetMain(second_);
  auto committer = Open(Options());
  ASSERT_TRUE(committer->Commit({}, {Range(0, 20, 25)}, Saying({{"t", Errors("kept", 20, 25)}})).has_value());
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 10}}).has_value());
  const int64_t rewound = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 12}}).has_value());
  SetMain(rewound);
  EXPECT_THAT(PathsOf(Open(Reingesting())->states().at("t").pending), testing::ElementsAre("kept"));
}

TEST_P(RollbackTest, StopsByDefault) {
  const Status refused = OpenUnloaded(Options())->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("was rolled back or replaced"));
}

TEST_P(RollbackTest, ReadsTheLostRecordsAgainWhenTold) {
  auto committer = Open(Reingesting());
  EXPECT_EQ(committer->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
  ASSERT_TRUE(committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(RowsInTable(), 12);
  EXPECT_TRUE(OpenUnloaded(Options())->Load().has_value()) << "the rollback is settled";
}

TEST_P(RollbackTest, ReadsNoMoreThanTheLostRecordsAgainWhereHistoryIsExpired) {
  SetMain(second_);
  ASSERT_TRUE(Open(Options())->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  // What partition 1 has moved last is in the table, and in no snapshot's summary any more.
  AppendForeign();
  const int64_t foreign = *Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(Open(Options())->Commit({File(1)}, {Range(0, 21, 22)}).has_value());
  SetMain(foreign);
  ASSERT_TRUE(
      catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{established_, first_, second_}}}, "").has_value());
  EXPECT_EQ(Open(Reingesting())->next(), (Positions{{{"t", 0}, 21}, {{"t", 1}, 2}}));
}

TEST_P(RollbackTest, SaysSoWhereTheLostCommitsCanNoLongerBeTold) {
  SetMain(second_);
  ASSERT_TRUE(Open(Options())->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  SetMain(first_);
  ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{{second_}}}, "").has_value());
  const Status refused = OpenUnloaded(Reingesting())->Load();
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("can no longer be told"));
}

TEST_P(RollbackTest, KnowsTheFirstStartAfterTheSecondRollback) {
  auto committer = Open(Reingesting());
  ASSERT_TRUE(committer->Commit({File(7)}, {Range(0, 15, 20), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(Stored()[0].state.partitions.at(0), (PartitionState{10, 20, 0, {10, 0, 0, 0, 0}}));
  SetMain(established_);
  EXPECT_EQ(Open(Reingesting())->next(), (Positions{{{"t", 0}, 10}, {{"t", 1}, 0}}));
}

TEST_P(RollbackTest, GoesByTheBranchThatItIsRolledForwardTo) {
  ASSERT_TRUE(Open(Reingesting())->Commit({File(2)}, {Range(0, 15, 17)}).has_value());
  SetMain(second_);
  EXPECT_EQ(Open(Reingesting())->next(), (Positions{{{"t", 0}, 20}, {{"t", 1}, 2}}));
}

TEST_P(RollbackTest, GoesOnFromTheFurtherOfTwoBranches) {
  ASSERT_TRUE(Open(Reingesting())->Commit({File(2)}, {Range(0, 15, 17)}).has_value());
  SetMain(second_);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  EXPECT_EQ(Open(options)->next(), (Positions{{{"t", 0}, 20}, {{"t", 1}, 2}}));
}

TEST_P(RollbackTest, ReadsAgainWhatThePipelineHadWrittenThatItTookOver) {
  SetMain(second_);
  CommitterOptions heir = Reingesting("heir");
  heir.take_over = "p";
  ASSERT_TRUE(Open(heir)->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  ASSERT_TRUE(Open(heir)->Commit({File(1)}, {Range(0, 21, 22)}).has_value());
  SetMain(first_);
  heir.take_over.clear();
  EXPECT_EQ(Open(heir)->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 0}}));
}

TEST_P(RollbackTest, GoesOnWithoutThemWhenTold) {
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto committer = Open(options);
  EXPECT_EQ(committer->next().at({"t", 0}), 20);
  ASSERT_TRUE(committer->Commit({File(1)}, {Range(0, 20, 21)}).has_value());
  EXPECT_EQ(RowsInTable(), 6);
}

TEST_P(CommitterTest, AtLeastOnceTouchesNoProperty) {
  CommitterOptions options = Options();
  options.exactly_once = false;
  auto committer = Open(options);
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  const auto properties = catalog_->LoadTable(kIdent)->metadata->properties;
  for (const auto& [name, value] : properties) EXPECT_FALSE(name.starts_with("frazil.")) << name;
  EXPECT_EQ(Loaded().metadata->refs.size(), 1U);
}

TEST_P(CommitterTest, ManyMovedRangesGoToAFileOfTheirOwn) {
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
  // And so many offsets are too long for a summary.
  for (const auto& [key, value] : summary) EXPECT_LE(value.size(), kMaxSummaryText) << key;
  EXPECT_EQ(Open(Options())->next(), committer->next());
  EXPECT_EQ(committer->next().size(), 500U);
}

std::string BehaviourName(const testing::TestParamInfo<Behaviour>& info) {
  const std::string heads = info.param.cuts ? "ShowsHeads" : "";
  switch (info.param.manners) {
    case Manners::kTakes:
      return "PropertyTaken" + heads;
    case Manners::kDrops:
      return "PropertyDropped" + heads;
    case Manners::kRefuses:
      return "PropertyRefused" + heads;
  }
  return "";
}
const auto kEveryBehaviour = testing::Values(Behaviour{Manners::kTakes}, Behaviour{Manners::kDrops},
                                             Behaviour{Manners::kRefuses}, Behaviour{Manners::kTakes, true},
                                             Behaviour{Manners::kDrops, true}, Behaviour{Manners::kRefuses, true});
INSTANTIATE_TEST_SUITE_P(Catalog, CommitterTest, kEveryBehaviour, BehaviourName);
INSTANTIATE_TEST_SUITE_P(Catalog, RollbackTest, kEveryBehaviour, BehaviourName);

// ---- What heads alone tell ----

class HeadsTest : public CommitterTest {
 protected:
  void Append(int64_t rows) {  // as another writer
    const auto base = Loaded();
    iceberg::AppendFiles append("main", {File(rows)}, {});
    const auto attempt = append.Prepare(*base.metadata, *base.io, clock_.NowMillis());
    ASSERT_TRUE(attempt.has_value()) << attempt.error().message;
    ASSERT_TRUE(catalog_->Commit(kIdent, attempt->requirements, attempt->updates, "").has_value());
  }
};
INSTANTIATE_TEST_SUITE_P(Catalog, HeadsTest, testing::Values(Behaviour{Manners::kTakes, true}), BehaviourName);

TEST_P(HeadsTest, AreEnoughForWhoCommitsAlone) {
  auto committer = Started(Options());
  catalog_->whole_loads = 0;
  for (int64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10 + 5 * i, 15 + 5 * i)}).has_value());
  }
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 35);
  EXPECT_EQ(catalog_->whole_loads, 0);
}

TEST_P(HeadsTest, AreEnoughWhereOneOtherCommitCameBetween) {
  auto committer = Started(Options());
  Append(3);
  catalog_->whole_loads = 0;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->whole_loads, 0);
  EXPECT_EQ(RowsInTable(), 8);
}

TEST_P(HeadsTest, ArePastWhenMoreCameBetween) {
  auto committer = Started(Options());
  for (int i = 0; i < 3; ++i) Append(3);
  catalog_->whole_loads = 0;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->whole_loads, 1);
  EXPECT_EQ(RowsInTable(), 14);
  Append(1);
  Append(1);
  catalog_->whole_loads = 0;
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 15);
  EXPECT_EQ(catalog_->whole_loads, 1);
}

// Ours was applied, its reply was lost, and others committed on top of it before we looked.
TEST_P(HeadsTest, DoNotHideALostCommit) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kLostAfter};
  catalog_->after_loss = [&] {
    for (int i = 0; i < 3; ++i) Append(3);
  };
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 14);
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

// A server that says "conflict" of what it has taken.
TEST_P(HeadsTest, DoNotLetACommitInTwice) {
  auto committer = Started(Options());
  catalog_->faults = {Fault::kConflictAfter};
  catalog_->after_loss = [&] {
    for (int i = 0; i < 3; ++i) Append(3);
  };
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  EXPECT_EQ(RowsInTable(), 14);
  if (!done) {
    EXPECT_EQ(done.error().kind, ErrorKind::kFenced) << done.error().message;
    ASSERT_TRUE(committer->Load().has_value());
  }
  EXPECT_EQ(committer->next().at({"t", 0}), 15);
}

TEST_P(CommitterTest, ReadsNothingThatItWroteItself) {
  auto committer = Started(Options());
  for (int64_t i = 0; i < 3; ++i) {
    // Who needed it would fail.
    const auto now = Loaded();
    ASSERT_TRUE(now.io->Delete(now.metadata->RefHead("main")->manifest_list).has_value());
    const auto done = committer->Commit({File(5)}, {Range(0, 10 + 5 * i, 15 + 5 * i)});
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  EXPECT_EQ(RowsInTable(), 15);
}

// ---- From the property to the tag ----

// Catalogs that do not take the property, or take it no more.
class FallbackTest : public CommitterTest {
 protected:
  static const iceberg::SnapshotRef* Tag(const iceberg::TableMetadata& metadata) {
    const auto found = metadata.refs.find("frazil-p/t/main");
    return found == metadata.refs.end() ? nullptr : &found->second;
  }
};
INSTANTIATE_TEST_SUITE_P(Catalog, FallbackTest,
                         testing::Values(Behaviour{Manners::kDrops}, Behaviour{Manners::kRefuses},
                                         Behaviour{Manners::kDrops, true}),
                         BehaviourName);

TEST_P(FallbackTest, TheStateLivesInTheSnapshotAndATagThatNothingExpires) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  const auto metadata = Loaded().metadata;
  for (const auto& [name, value] : metadata->properties) EXPECT_FALSE(name.starts_with("frazil.")) << name;
  const iceberg::SnapshotRef* tag = Tag(*metadata);
  ASSERT_NE(tag, nullptr);
  EXPECT_FALSE(tag->is_branch);
  EXPECT_EQ(tag->snapshot_id, metadata->current_snapshot_id);
  EXPECT_EQ(tag->max_ref_age_ms, INT64_MAX);
  const auto state = ParseOffsetState(metadata->RefHead("main")->summary.at("frazil.offsets/p/t/main"));
  ASSERT_TRUE(state.has_value()) << state.error().message;
  EXPECT_EQ(state->partitions.at(0).next, 15);
  EXPECT_EQ(*state, Stored()[0].state);
}

TEST_P(FallbackTest, IsDecidedOnceAndRemembered) {
  auto committer = Started(Options());
  // The establishing commit with the property, then without it; a dropped property leaves its snapshot behind.
  EXPECT_EQ(catalog_->sends, 2);
  EXPECT_EQ(Loaded().metadata->snapshots.size(), GetParam().manners == Manners::kDrops ? 2U : 1U);
  auto restarted = Open(Options());
  const int sends = catalog_->sends;
  ASSERT_TRUE(restarted->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(catalog_->sends, sends + 1);
}

TEST_P(FallbackTest, OutlivesTheExpiryOfEverySnapshotThatNoReferenceKeeps) {
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  // Another engine appends and expires what it may.
  for (int i = 0; i < 3; ++i) AppendForeign();
  const auto metadata = Loaded().metadata;
  std::vector<int64_t> expired;
  for (const auto& snapshot : metadata->snapshots) {
    const bool kept = std::any_of(metadata->refs.begin(), metadata->refs.end(),
                                  [&](const auto& ref) { return ref.second.snapshot_id == snapshot.snapshot_id; });
    if (!kept) expired.push_back(snapshot.snapshot_id);
  }
  EXPECT_GE(expired.size(), 3U);
  ASSERT_TRUE(catalog_->Commit(kIdent, {}, {iceberg::RemoveSnapshots{expired}}, "").has_value());

  auto restarted = Open(Options());
  EXPECT_EQ(restarted->next().at({"t", 0}), 15);
  ASSERT_TRUE(restarted->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
}

TEST_P(FallbackTest, ALostReplyOfTheFirstCommitChangesNothing) {
  auto committer = Open(Options());
  catalog_->faults = {Fault::kLostAfter, Fault::kLostAfter};
  const Status done = committer->Establish({{{"t", 0}, 10}});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(Stored()[0].form, OffsetForm::kTag);
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 10);
}

TEST_P(FallbackTest, IsRefusedByNameWhereTagsFailToo) {
  for (const Manners tags : {Manners::kDrops, Manners::kRefuses}) {
    catalog_->tags = tags;
    const Status done = Open(Options())->Establish({{{"t", 0}, 10}});
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
    EXPECT_THAT(
        done.error().message,
        testing::AllOf(HasSubstr("table property 'frazil.offsets/p/t/main'"), HasSubstr("tag 'frazil-p/t/main'"),
                       HasSubstr("exactly-once is not possible there"), HasSubstr("at_least_once")));
    EXPECT_EQ(done.error().message.find("no tags here") != std::string::npos, tags == Manners::kRefuses);
  }
}

TEST_P(FallbackTest, ARefusalThatHasNothingToDoWithTheFormIsToldAsItIs) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->takes_rows = false;
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "no rows here");
  EXPECT_EQ(Stored()[0].form, OffsetForm::kProperty);
}

TEST_P(FallbackTest, ABranchOfTheTagsNameIsNamed) {
  const auto base = Loaded();
  iceberg::AppendFiles foreign("frazil-p/t/main", {}, {});
  auto attempt = foreign.Prepare(*base.metadata, *base.io, clock_.NowMillis());
  ASSERT_TRUE(catalog_->Commit(kIdent, attempt->requirements, attempt->updates, "").has_value());
  EXPECT_THAT(Open(Options())->Establish({{{"t", 0}, 10}}).error().message,
              HasSubstr("has a branch 'frazil-p/t/main'"));
}

// What a catalog took for long it may take no more: a policy came, or the value has become too long for it.
TEST_P(FallbackTest, MayComeLate) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  catalog_->properties = GetParam().manners;
  auto done = committer->Commit({File(7)}, {Range(0, 15, 22)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 12);
  ASSERT_EQ(Stored().size(), 1U);
  EXPECT_EQ(Stored()[0].form, OffsetForm::kTag) << "the property is still there, and older";
  EXPECT_TRUE(Loaded().metadata->properties.contains("frazil.offsets/p/t/main"));
  auto restarted = Open(Options());
  EXPECT_EQ(restarted->next().at({"t", 0}), 22);
  ASSERT_TRUE(restarted->Commit({File(1)}, {Range(0, 22, 23)}).has_value());
  EXPECT_EQ(RowsInTable(), 13);
}

// The rows are in, the property was dropped, and the process ended before it could say so in another way.
TEST_P(FallbackTest, OffsetsThatWereDroppedAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  ASSERT_FALSE(committer->Commit({File(5)}, {Range(0, 10, 15), Range(1, 0, 2)}).has_value());
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(Stored()[0].state.partitions.at(0).next, 10) << "what is recorded is behind";
  catalog_->tags = Manners::kTakes;
  auto restarted = Open(Options());
  EXPECT_EQ(restarted->next(), (Positions{{{"t", 0}, 15}, {{"t", 1}, 2}}));
  ASSERT_TRUE(restarted->Commit({File(1)}, {Range(0, 15, 16)}).has_value());
  EXPECT_EQ(Stored()[0].state.partitions.at(0).counts.rows, 6);
}

// Bad records too, few or many.
TEST_P(FallbackTest, ErrorsThatWereDroppedAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  for (const std::string& path : {std::string("few"), std::string(2 * kMaxSummaryText, 'x')}) {
    const int64_t next = Open(Options())->next().at({"t", 0});
    auto process = Open(Options());
    ASSERT_FALSE(process->Commit({}, {Range(0, next, next + 5)}, Saying({{"t", Errors(path, next, next + 5)}})));
    EXPECT_EQ(PathsOf(Open(Options())->states().at("t").pending).back(), path);
  }
  EXPECT_EQ(Open(Options())->states().at("t").pending.size(), 2U);
}

TEST_P(FallbackTest, ATagThatDoesNotMoveIsNamedAndMisleadsNobody) {
  auto committer = Started(Options());
  catalog_->tags = Manners::kDrops;
  const auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("took the commit but not the tag 'frazil-p/t/main'"));
  EXPECT_EQ(RowsInTable(), 5);
  EXPECT_EQ(Open(Options())->next().at({"t", 0}), 15);
}

// The same, as another pipeline takes over.
TEST_P(FallbackTest, OffsetsThatWereDroppedInATakeoverAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  ASSERT_TRUE(Started(Options())->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  CommitterOptions heir = Options("heir");
  heir.take_over = "p";
  auto process = Open(heir);
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  ASSERT_FALSE(process->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  catalog_->tags = Manners::kTakes;
  EXPECT_EQ(Open(heir)->next(), (Positions{{{"t", 0}, 20}, {{"t", 1}, 0}}));
}

// And after a rollback that was to be left as it is.
TEST_P(FallbackTest, OffsetsThatWereDroppedAfterARollbackAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  const auto before = Loaded().metadata->current_snapshot_id;
  ASSERT_TRUE(committer->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  SetMain(*before);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto going_on = Open(options);
  catalog_->properties = Manners::kDrops;
  ASSERT_TRUE(going_on->Commit({File(1)}, {Range(0, 15, 16)}).has_value());
  EXPECT_EQ(Stored()[0].state.partitions.at(0).next, 16);
  EXPECT_EQ(Open(options)->next().at({"t", 0}), 16);
}

// What is refused for the form of its offsets is not in, though the offsets stand beyond it.
TEST_P(FallbackTest, ErrorsOfARefusedCommitAreNotPendingWhereARivalWasQuicker) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  auto rival = Open(Options());
  catalog_->properties = Manners::kRefuses;
  catalog_->foreign = [&] {
    ASSERT_TRUE(rival->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("theirs", 10, 15)}})).has_value());
  };
  catalog_->faults = {Fault::kForeignCommitFirst};
  const auto ours = committer->Commit({}, {Range(0, 10, 15)}, Saying({{"t", Errors("ours", 10, 15)}}));
  ASSERT_FALSE(ours.has_value());
  EXPECT_EQ(ours.error().kind, ErrorKind::kFenced) << ours.error().message;
  EXPECT_THAT(PathsOf(Open(Options())->states().at("t").pending), testing::ElementsAre("theirs"));
}

// One partition had been moved ahead in what was rolled back, the other back, so that the branch has come farther
// there.
TEST_P(FallbackTest, OffsetsThatWereDroppedAfterTheRollbackOfARewindAreToldByTheSnapshot) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  const auto before = committer->Commit({File(2)}, {Range(1, 0, 2)});
  ASSERT_TRUE(before.has_value());
  ASSERT_TRUE(committer->MoveTo({{{"t", 0}, 25}, {{"t", 1}, 0}}).has_value());
  SetMain(before->snapshot_id);
  CommitterOptions options = Options();
  options.on_rollback = OnRollback::kContinue;
  auto going_on = Open(options);
  EXPECT_EQ(going_on->next(), (Positions{{{"t", 0}, 25}, {{"t", 1}, 2}}));
  catalog_->properties = Manners::kDrops;
  catalog_->tags = Manners::kRefuses;
  EXPECT_FALSE(going_on->Commit({File(1)}, {Range(0, 25, 26)}).has_value());
  EXPECT_EQ(Open(options)->next(), (Positions{{{"t", 0}, 26}, {{"t", 1}, 2}}));
}

// A rival has moved the offsets to the tag while this process was told that the property is refused.
TEST_P(FallbackTest, IsNotTakenForARefusalOfTheFilesWhereARivalWasQuickerToFallBack) {
  catalog_->properties = Manners::kTakes;
  auto committer = Started(Options());
  auto rival = Open(Options());
  catalog_->properties = Manners::kRefuses;
  catalog_->foreign = [&] { ASSERT_TRUE(rival->Commit({File(2)}, {Range(1, 0, 2)}).has_value()); };
  catalog_->faults = {Fault::kNone, Fault::kForeignCommitFirst};
  auto done = committer->Commit({File(5)}, {Range(0, 10, 15)});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(RowsInTable(), 7);
}

TEST_P(FallbackTest, EachTopicAndPipelineHasATagOfItsOwn) {
  CommitterOptions options = Options();
  options.topic_ids = {{"t", "topic-id"}, {"u/ü", "other-id"}};
  auto both = Open(options);
  ASSERT_TRUE(both->Establish({{{"t", 0}, 10}, {{"u/ü", 0}, 1}}).has_value());
  EXPECT_TRUE(Loaded().metadata->refs.contains("frazil-p/u%2F%C3%BC/main"));
  // A process that reads only one of the topics leaves the other's state alone.
  ASSERT_TRUE(Open(Options())->Commit({File(5)}, {Range(0, 10, 15)}).has_value());
  EXPECT_EQ(Open(options)->next(), (Positions{{{"t", 0}, 15}, {{"u/ü", 0}, 1}}));
  // Taking over that topic takes its tag away, and no other; once that of the heir is seen to stand.
  CommitterOptions heir = Options("heir");
  heir.take_over = "p";
  ASSERT_TRUE(Open(heir)->Commit({File(5)}, {Range(0, 15, 20)}).has_value());
  EXPECT_NE(Tag(*Loaded().metadata), nullptr);
  ASSERT_TRUE(Open(heir)->Commit({File(5)}, {Range(0, 20, 25)}).has_value());
  EXPECT_EQ(Tag(*Loaded().metadata), nullptr);
  EXPECT_TRUE(Loaded().metadata->refs.contains("frazil-p/u%2F%C3%BC/main"));
  EXPECT_TRUE(Loaded().metadata->refs.contains("frazil-heir/t/main"));
}

TEST_P(FallbackTest, TwoProcessesThatStartTogetherAgreeOnOneStart) {
  auto one = Open(Options());
  auto two = Open(Options());
  catalog_->foreign = [&] { ASSERT_TRUE(two->Establish({{{"t", 0}, 12}}).has_value()); };
  catalog_->faults = {Fault::kNone, Fault::kForeignCommitFirst};
  ASSERT_TRUE(one->Establish({{{"t", 0}, 10}, {{"t", 1}, 0}}).has_value());
  EXPECT_EQ(one->next(), (Positions{{{"t", 0}, 12}, {{"t", 1}, 0}}));
  EXPECT_EQ(Open(Options())->next(), one->next());
}

}  // namespace
}  // namespace frazil::table
