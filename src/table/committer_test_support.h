// Shared by the tests of commits and offset states: a catalog with faults, and committers on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/commit_reply.h"
#include "catalog/memory_catalog.h"
#include "table/committer.h"

namespace frazil::table {

// A real in-memory catalog, with faults that no real catalog makes on demand: a reply that is lost before or after the
// change, a rival that commits first, and parts of a commit that the catalog refuses or drops.
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
    if (shows) return *shows;
    return shows_head_alone ? Cut(real_->LoadTable(ident)) : real_->LoadTable(ident);
  }
  Result<catalog::LoadedTable> LoadHeads(const catalog::TableIdent& ident) override {
    if (shows) return *shows;
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
  std::optional<catalog::LoadedTable> shows;  // if set, loads return this instead of the table
  std::function<void()> foreign;
  std::function<void()> after_loss;
  Manners properties = Manners::kTakes;
  Manners tags = Manners::kTakes;
  bool takes_rows = true;
  bool cuts = false;              // returns only heads where a catalog may do so
  bool shows_head_alone = false;  // shows only the current snapshot, as Nessie does
  bool conflicts_are_400 = false;
  int sends = 0;
  int whole_loads = 0;

 private:
  Result<catalog::LoadedTable> Cut(Result<catalog::LoadedTable> loaded) const {
    if (!loaded || (!cuts && !shows_head_alone)) return loaded;
    loaded->metadata = catalog::HeadsOf(*loaded->metadata);
    if (!shows_head_alone) return loaded;
    auto alone = std::make_shared<iceberg::TableMetadata>(*loaded->metadata);
    alone->history_is_cut = false;
    alone->shows_head_alone = true;
    if (const iceberg::Snapshot* head = alone->RefHead("main")) {
      iceberg::Snapshot orphan = *head;
      orphan.parent_snapshot_id.reset();
      alone->snapshots.Keep({});
      alone->snapshots.push_back(std::move(orphan));
    }
    loaded->metadata = std::move(alone);
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

inline const catalog::TableIdent kIdent{{"db"}, "events"};

// The parameter of all tests: what the catalog does with the property for offsets, and whether it shows the whole
// history or only heads. Every test must pass in each case.
struct Behaviour {
  Manners manners = Manners::kTakes;
  bool cuts = false;
};
class CommitterTest : public testing::TestWithParam<Behaviour> {
 protected:
  void SetUp() override {
    catalog::MemoryCatalogOptions options;
    warehouse_ = testing::TempDir() + "/committer-" + RandomName();
    options.warehouse = "file://" + warehouse_;
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

  // A data file that exists, because a commit checks that.
  iceberg::DataFile File(int64_t rows) const {
    const std::string folder = warehouse_ + "/db/events/data";
    std::filesystem::create_directories(folder);
    iceberg::DataFile file;
    file.file_path = folder + "/" + RandomName() + ".parquet";
    file.record_count = rows;
    file.file_size_in_bytes = 100;
    std::ofstream(file.file_path) << std::string(100, 'x');
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
    iceberg::SnapshotWriter foreign("main", iceberg::AppendFiles({File(1)}), {});
    auto attempt = foreign.Prepare(*base.metadata, *base.io, clock_.NowMillis());
    ASSERT_TRUE(attempt.has_value()) << attempt.error().message;
    ASSERT_TRUE(catalog_->Commit(kIdent, attempt->requirements, attempt->updates, "").has_value());
  }
  // Changes the schema as another engine would. `change` edits the list of fields.
  void ChangeSchema(const std::function<void(std::vector<iceberg::Field>&)>& change) {
    const auto base = Loaded();
    auto fields = base.metadata->schema()->fields();
    change(fields);
    int32_t last_column_id = base.metadata->last_column_id;
    for (const auto& field : fields) last_column_id = std::max(last_column_id, field.id);
    const auto schema =
        std::make_shared<const iceberg::Schema>(static_cast<int32_t>(base.metadata->schemas.size()), std::move(fields));
    const auto done = catalog_->Commit(
        kIdent, {}, {iceberg::AddSchema{schema, last_column_id}, iceberg::SetCurrentSchema{iceberg::kLastAdded}}, "");
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  std::vector<DecidedBy> Decided(bool refused = false) {
    const auto now = Loaded().metadata;
    return {{now->schema(), now->spec(), refused}};
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
  std::string warehouse_;
  std::shared_ptr<FaultyCatalog> catalog_;
};

inline PendingErrors Errors(const std::string& path, int64_t first, int64_t next) {
  PendingErrors errors{{{path, 100, 1}}, {}};
  errors.origins.Add({{"t", 0}, first, next, 1});
  return errors;
}
// The errors of a commit with these bad records, if the errors table has come up to `next`.
inline ErrorsOfCommit Saying(ErrorsByTopic pending, int64_t next = 0) {
  StatesByTopic applied;
  applied["t"].topic = "t";
  applied["t"].partitions[0] = StartingAt(next);
  return {std::move(pending), [applied] { return applied; }};
}

// A commit of offsets 10 to 20 of partition 0, of which 12, 15 and 16 are bad; and a replay of some of these.
inline record::OffsetRange WithThreeErrors() { return {{"t", 0}, 10, 20, 0, {7, 3, 0, 0, 0}}; }
inline Replay ReplayOf(const std::vector<int64_t>& offsets, int64_t replays = 0, int64_t rewinds = 0) {
  Replay replay{"t", {}, replays, rewinds};
  for (const int64_t offset : offsets) replay.offsets.Add({{"t", 0}, offset, offset + 1, 1});
  return replay;
}

inline std::vector<std::string> PathsOf(const std::vector<PendingErrors>& pending) {
  std::vector<std::string> paths;
  paths.reserve(pending.size());
  for (const auto& one : pending) paths.push_back(one.files.front().path);
  return paths;
}

inline std::string BehaviourName(const testing::TestParamInfo<Behaviour>& info) {
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
const inline auto kEveryBehaviour = testing::Values(
    Behaviour{Manners::kTakes}, Behaviour{Manners::kDrops}, Behaviour{Manners::kRefuses},
    Behaviour{Manners::kTakes, true}, Behaviour{Manners::kDrops, true}, Behaviour{Manners::kRefuses, true});

}  // namespace frazil::table
