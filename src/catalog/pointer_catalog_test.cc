// What the SQL and the memory catalog share, and what is SQLite's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "catalog/catalog.h"
#include "catalog/memory_catalog.h"
#include "catalog/metadata_files.h"
#include "catalog/sql_catalog.h"
#include "catalog/sqlite.h"
#include "common/random.h"

namespace frazil::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

const TableIdent kEvents{{"db"}, "events"};

iceberg::NewTable Events() {
  iceberg::NewTable table;
  table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
  return table;
}

std::vector<iceberg::TableUpdate> Set(const std::string& key, const std::string& value) {
  return {iceberg::SetProperties{{{key, value}}}};
}

std::string Slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string LocalPath(const std::string& location) { return location.substr(std::string("file://").size()); }

enum class Kind { kSql, kMemory };

class PointerCatalogTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    fs::create_directories(dir_);
    catalog_ = Open();
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::shared_ptr<Catalog> Open() {
    const std::string warehouse = "file://" + (dir_ / "warehouse").string() + "/";
    auto opened = GetParam() == Kind::kSql
                      ? OpenSqlCatalog({"sqlite:///" + (dir_ / "sub/catalog.db").string(), warehouse, "frazil", {}})
                      : OpenMemoryCatalog({warehouse, {}});
    EXPECT_TRUE(opened) << opened.error().message;
    return *opened;
  }
  LoadedTable Create(const iceberg::NewTable& table = Events()) {
    EXPECT_TRUE(catalog_->CreateNamespace({"db"}));
    auto created = catalog_->CreateTable(kEvents, table);
    EXPECT_TRUE(created) << created.error().message;
    return *created;
  }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-catalog-" + RandomUuid());
  std::shared_ptr<Catalog> catalog_;
};
INSTANTIATE_TEST_SUITE_P(Kinds, PointerCatalogTest, ::testing::Values(Kind::kSql, Kind::kMemory),
                         [](const auto& one) { return one.param == Kind::kSql ? "Sql" : "Memory"; });

TEST_P(PointerCatalogTest, AnEmptyMountPointIsNoNewWarehouse) {
  const LoadedTable events = Create();
  const auto create = [&](const std::string& name) { return catalog_->CreateTable({{"db"}, name}, Events()); };
  ASSERT_TRUE(create("more"));
  ASSERT_TRUE(catalog_->DropTable({{"db"}, "more"}));
  fs::rename(dir_ / "warehouse", dir_ / "elsewhere");
  fs::create_directories(dir_ / "warehouse");
  const auto refused = create("other");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("db.events among them"));
  EXPECT_THAT(refused.error().message, HasSubstr("not been mounted?"));
  EXPECT_TRUE(fs::is_empty(dir_ / "warehouse")) << "nothing may be written where nobody will look";
  fs::remove(dir_ / "warehouse");
  fs::rename(dir_ / "elsewhere", dir_ / "warehouse");
  EXPECT_TRUE(create("other"));
}

// A metadata log is a text that others may have written.
TEST_P(PointerCatalogTest, DeletesNothingThatALogNamesOutsideTheTable) {
  iceberg::NewTable table = Events();
  table.properties = {{"write.metadata.delete-after-commit.enabled", "true"},
                      {"write.metadata.previous-versions-max", "1"}};
  const LoadedTable created = Create(table);
  const fs::path metadata = fs::path(LocalPath(created.metadata_location)).parent_path();
  const auto put = [](const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "theirs";
    return path;
  };
  const std::vector<fs::path> theirs = {
      put(dir_ / "precious.txt"),
      put(dir_ / "00001-x.metadata.json"),
      put(dir_ / "warehouse/db/other/metadata/00001-x.metadata.json"),
      put(metadata / "snap-1.avro"),
      put(metadata.parent_path() / "data/00001-x.parquet"),
      put(dir_ / "linked/00001-x.metadata.json"),
  };
  fs::create_directory_symlink(dir_ / "linked", metadata / "link");
  const fs::path ours = put(metadata / "00000-ours.metadata.json");

  iceberg::TableMetadata base = *created.metadata;
  for (const fs::path& path : theirs) base.metadata_log.push_back({1, "file://" + path.string()});
  base.metadata_log.push_back({1, "file://" + (metadata / "link/00001-x.metadata.json").string()});
  base.metadata_log.push_back({1, (metadata / "../../../../precious.txt").string()});
  // The current one, written in another way.
  base.metadata_log.push_back({1, "file:" + LocalPath(created.metadata_location)});
  base.metadata_log.push_back({1, "file://" + ours.string()});
  DeleteDroppedMetadataFiles(*created.io, base, *created.metadata, created.metadata_location);
  for (const fs::path& path : theirs) EXPECT_TRUE(fs::exists(path)) << path;
  EXPECT_TRUE(fs::exists(LocalPath(created.metadata_location)));
  EXPECT_FALSE(fs::exists(ours)) << "what is a metadata file of the table goes";
}

TEST_P(PointerCatalogTest, WritesWhereTheTableLies) {
  Create();
  ASSERT_TRUE(catalog_->Commit(kEvents, {}, Set("write.data.path", "file://" + (dir_ / "elsewhere").string()), ""));
  const LoadedTable table = *catalog_->LoadTable(kEvents);
  const std::string outside = "file://" + (dir_ / "elsewhere/x").string();
  const Status refused = table.io->WriteAll(outside, "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("local_folders"));
  EXPECT_FALSE(fs::exists(dir_ / "elsewhere"));
  EXPECT_TRUE(table.io->WriteAll(table.metadata->location + "/data/x", "x"));

  // Metadata files are the catalog's own to write.
  const auto moved =
      catalog_->Commit(kEvents, {}, Set("write.metadata.path", "file://" + (dir_ / "away").string()), "");
  ASSERT_FALSE(moved);
  EXPECT_THAT(moved.error().message, HasSubstr("local_folders"));
  EXPECT_FALSE(fs::exists(dir_ / "away"));
}

TEST_P(PointerCatalogTest, NamesLeadNowhereElse) {
  ASSERT_TRUE(catalog_->CreateNamespace({"db"}));
  for (const char* name : {"", ".", "..", "a/b", "../../x", "a\nb"}) {
    EXPECT_EQ(catalog_->CreateTable({{"db"}, name}, Events()).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog_->CreateNamespace({"a", name}).error().kind, ErrorKind::kInvalidArgument) << name;
  }
  EXPECT_EQ(catalog_->CreateTable({{"db"}, std::string(256, 'x')}, Events()).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_TRUE(catalog_->CreateTable({{"db"}, std::string(255, 'x')}, Events()));
}

TEST_P(PointerCatalogTest, AWarehouseThatWasUnmountedIsNotMadeAnew) {
  const LoadedTable table = Create();
  fs::rename(dir_ / "warehouse", dir_ / "away");
  const auto commit = catalog_->Commit(kEvents, {}, Set("k", "v"), "");
  ASSERT_FALSE(commit);
  EXPECT_EQ(commit.error().kind, ErrorKind::kIo);
  EXPECT_THAT(commit.error().message, HasSubstr("Mount it again"));
  fs::create_directories(dir_ / "warehouse");
  EXPECT_FALSE(catalog_->Commit(kEvents, {}, Set("k", "v"), ""));
  EXPECT_FALSE(catalog_->CreateTable({{"db"}, "another"}, Events())) << "a new table would lie below the mount point";
  EXPECT_TRUE(fs::is_empty(dir_ / "warehouse"));
  fs::remove(dir_ / "warehouse");
  fs::rename(dir_ / "away", dir_ / "warehouse");
  EXPECT_TRUE(catalog_->Commit(kEvents, {}, Set("k", "v"), ""));
}

TEST_P(PointerCatalogTest, NamespacesAndTables) {
  EXPECT_FALSE(catalog_->NamespaceExists({"db"}).value());
  EXPECT_EQ(catalog_->CreateTable(kEvents, Events()).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog_->ListTables({"db"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog_->LoadTable(kEvents).error().kind, ErrorKind::kNotFound);

  ASSERT_TRUE(catalog_->CreateNamespace({"db"}));
  EXPECT_EQ(catalog_->CreateNamespace({"db"}).error().kind, ErrorKind::kAlreadyExists);
  EXPECT_THAT(catalog_->ListNamespaces().value(), ElementsAre(Namespace{"db"}));
  EXPECT_TRUE(catalog_->ListTables({"db"})->empty());

  ASSERT_TRUE(catalog_->CreateTable(kEvents, Events()));
  EXPECT_EQ(catalog_->CreateTable(kEvents, Events()).error().kind, ErrorKind::kAlreadyExists);
  EXPECT_THAT(catalog_->ListTables({"db"}).value(), ElementsAre(kEvents));
}

TEST_P(PointerCatalogTest, ADroppedTableIsForgottenAndItsFilesStay) {
  const LoadedTable created = Create();
  ASSERT_TRUE(catalog_->DropTable(kEvents));
  EXPECT_EQ(catalog_->LoadTable(kEvents).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog_->DropTable(kEvents).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(fs::exists(LocalPath(created.metadata_location)));
  EXPECT_TRUE(catalog_->CreateTable(kEvents, Events())) << "the name is free";
}

TEST_P(PointerCatalogTest, CreatesWhereTheReferenceWould) {
  const LoadedTable created = Create();
  EXPECT_EQ(created.metadata->location, "file://" + (dir_ / "warehouse/db/events").string());
  EXPECT_THAT(created.metadata_location,
              MatchesRegex(created.metadata->location + "/metadata/00000-[-0-9a-f]{36}\\.metadata\\.json"));
  EXPECT_EQ(catalog_->LoadTable(kEvents)->metadata->table_uuid, created.metadata->table_uuid);
}

TEST_P(PointerCatalogTest, CommitsOneAfterTheOther) {
  const LoadedTable created = Create();
  const auto first =
      catalog_->Commit(kEvents, {iceberg::AssertTableUuid{created.metadata->table_uuid}}, Set("owner", "me"), "key");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_THAT(first->metadata_location, HasSubstr("/00001-"));
  EXPECT_EQ(first->metadata->Property("owner", ""), "me");
  const auto second = catalog_->Commit(kEvents, {}, Set("owner", "you"), "");
  ASSERT_TRUE(second);
  EXPECT_THAT(second->metadata_location, HasSubstr("/00002-"));
  ASSERT_EQ(second->metadata->metadata_log.size(), 2U);
  EXPECT_EQ(second->metadata->metadata_log[1].metadata_file, first->metadata_location);
  EXPECT_EQ(catalog_->LoadTable(kEvents)->metadata->Property("owner", ""), "you");
  // Nothing to do leaves everything as it is.
  EXPECT_EQ(catalog_->Commit(kEvents, {}, {}, "")->metadata_location, second->metadata_location);
}

TEST_P(PointerCatalogTest, RefusesWhatDoesNotHold) {
  Create();
  const auto refused = catalog_->Commit(kEvents, {iceberg::AssertTableUuid{RandomUuid()}}, Set("a", "b"), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCommitConflict);
  EXPECT_EQ(catalog_->Commit({{"db"}, "gone"}, {}, Set("a", "b"), "").error().kind, ErrorKind::kNotFound);
}

TEST_P(PointerCatalogTest, OfManyAtOnceEachIsInOrRefused) {
  const size_t properties_before = Create().metadata->properties.size();
  constexpr int kThreads = 4;
  constexpr int kCommits = 25;
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      // The SQL catalog's threads have a connection each, as processes would.
      const auto catalog = GetParam() == Kind::kSql ? Open() : catalog_;
      for (int i = 0; i < kCommits; ++i) {
        const auto done = catalog->Commit(kEvents, {}, Set(fmt::format("k{}-{}", t, i), "v"), "");
        if (done) {
          ++succeeded;
        } else {
          EXPECT_EQ(done.error().kind, ErrorKind::kCommitConflict) << done.error().message;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto table = catalog_->LoadTable(kEvents).value();
  EXPECT_EQ(table.metadata->properties.size(), properties_before + static_cast<size_t>(succeeded));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(LocalPath(table.metadata->location) + "/metadata")) {
    files += entry.path().string().ends_with(".metadata.json") ? 1 : 0;
  }
  EXPECT_EQ(files, succeeded + 1) << "a refused commit leaves no metadata file";
}

TEST_P(PointerCatalogTest, WritesTheVersionHint) {
  LoadedTable table = Create();
  const fs::path hint = LocalPath(table.metadata->location) + "/metadata/version-hint.text";
  EXPECT_THAT(table.metadata_location, EndsWith("/" + Slurp(hint) + ".metadata.json"));
  table = catalog_->Commit(kEvents, {}, Set("a", "b"), "").value();
  EXPECT_THAT(Slurp(hint), StartsWith("00001-"));
  EXPECT_THAT(table.metadata_location, EndsWith("/" + Slurp(hint) + ".metadata.json"));
  fs::remove(hint);
  ASSERT_TRUE(catalog_->Commit(kEvents, {}, Set(kVersionHintProperty, "false"), ""));
  EXPECT_FALSE(fs::exists(hint));
}

TEST_P(PointerCatalogTest, CompressesMetadata) {
  iceberg::NewTable gzip = Events();
  gzip.properties["write.metadata.compression-codec"] = "gzip";
  const LoadedTable created = Create(gzip);
  EXPECT_THAT(created.metadata_location, EndsWith(".gz.metadata.json"));
  EXPECT_THAT(Slurp(LocalPath(created.metadata_location)), StartsWith("\x1f\x8b"));
  // Told by content: the older name reads as well.
  const std::string older = created.metadata->location + "/metadata/v1.metadata.json.gz";
  fs::copy_file(LocalPath(created.metadata_location), LocalPath(older));
  const auto read = ReadMetadataFile(*created.io, older);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->table_uuid, created.metadata->table_uuid);

  const auto refused = catalog_->Commit(kEvents, {}, Set("write.metadata.compression-codec", "zstd"), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
}

TEST_P(PointerCatalogTest, DeletesOldMetadataWhenToldTo) {
  iceberg::NewTable table = Events();
  table.properties = {{"write.metadata.delete-after-commit.enabled", "true"},
                      {"write.metadata.previous-versions-max", "2"}};
  std::vector<std::string> locations = {Create(table).metadata_location};
  for (int i = 0; i < 4; ++i) {
    locations.push_back(catalog_->Commit(kEvents, {}, Set("n", std::to_string(i)), "")->metadata_location);
  }
  for (size_t i = 0; i < locations.size(); ++i) {
    EXPECT_EQ(fs::exists(LocalPath(locations[i])), i >= 2) << locations[i];
  }
}

TEST_P(PointerCatalogTest, AMissingMetadataFileIsNoMissingTable) {
  const LoadedTable created = Create();
  fs::remove(LocalPath(created.metadata_location));
  if (GetParam() == Kind::kMemory) return;  // has it in memory
  const auto loaded = Open()->LoadTable(kEvents);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kCorrupt);
  EXPECT_THAT(loaded.error().message, HasSubstr(LocalPath(created.metadata_location)));
}

class SqlCatalogTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }
  SqlCatalogOptions Options() const { return {"sqlite:///" + db_.string(), "file://" + dir_.string(), "frazil", {}}; }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-sql-" + RandomUuid());
  const fs::path db_ = dir_ / "catalog.db";
};

TEST_F(SqlCatalogTest, WritesTheRowsOfTheReference) {
  auto catalog = OpenSqlCatalog(Options()).value();
  ASSERT_TRUE(catalog->CreateNamespace({"a", "b"}));
  const TableIdent ident{{"a", "b"}, "t"};
  const auto created = catalog->CreateTable(ident, Events()).value();
  const auto committed = catalog->Commit(ident, {}, Set("x", "y"), "").value();
  auto db = Sqlite::Open(db_, 1000).value();
  EXPECT_EQ(db.Query("SELECT catalog_name, table_namespace, table_name, metadata_location, previous_metadata_location, "
                     "iceberg_type FROM iceberg_tables")
                .value(),
            (Sqlite::Rows{{"frazil", "a.b", "t", committed.metadata_location, created.metadata_location, "TABLE"}}));
  EXPECT_EQ(db.Query("SELECT * FROM iceberg_namespace_properties").value(),
            (Sqlite::Rows{{"frazil", "a.b", "exists", "true"}}));
  EXPECT_TRUE(catalog->NamespaceExists({"a"}).value()) << "the level above exists with it";
  EXPECT_FALSE(catalog->NamespaceExists({"a_b"}).value());
  EXPECT_THAT(catalog->ListNamespaces().value(), ElementsAre(Namespace{"a"}, Namespace{"a", "b"}));
  EXPECT_EQ(catalog->CreateNamespace({"with.dot"}).error().kind, ErrorKind::kInvalidArgument);
}

TEST_F(SqlCatalogTest, UsesAnOlderFileAsItIs) {
  {
    auto db = Sqlite::Open(db_, 1000).value();
    ASSERT_TRUE(db.Execute(
        "CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, "
        "table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), "
        "PRIMARY KEY (catalog_name, table_namespace, table_name))"));
  }
  auto catalog = OpenSqlCatalog(Options()).value();
  ASSERT_TRUE(catalog->CreateNamespace({"db"}));
  ASSERT_TRUE(catalog->CreateTable(kEvents, Events()));
  ASSERT_TRUE(catalog->Commit(kEvents, {}, Set("x", "y"), ""));
  EXPECT_THAT(catalog->ListTables({"db"}).value(), ElementsAre(kEvents));
}

TEST_F(SqlCatalogTest, PassesOverViews) {
  auto catalog = OpenSqlCatalog(Options()).value();
  ASSERT_TRUE(catalog->CreateNamespace({"db"}));
  auto db = Sqlite::Open(db_, 1000).value();
  ASSERT_TRUE(db.Execute("INSERT INTO iceberg_tables VALUES ('frazil', 'db', 'events', 'file:///v', NULL, 'VIEW')"));
  EXPECT_TRUE(catalog->ListTables({"db"})->empty());
  EXPECT_EQ(catalog->LoadTable(kEvents).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog->CreateTable(kEvents, Events()).error().kind, ErrorKind::kAlreadyExists);
}

TEST_F(SqlCatalogTest, NamesTheOtherCatalogsInTheFile) {
  SqlCatalogOptions other = Options();
  other.name = "default";
  auto theirs = OpenSqlCatalog(other).value();
  ASSERT_TRUE(theirs->CreateNamespace({"db"}));
  ASSERT_TRUE(theirs->CreateTable(kEvents, Events()));
  const auto missing = OpenSqlCatalog(Options()).value()->LoadTable(kEvents);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("'default'"));
}

// As a restored backup, or what another program writes and renames.
TEST_F(SqlCatalogTest, FollowsAFileThatWasReplaced) {
  auto catalog = OpenSqlCatalog(Options()).value();
  ASSERT_TRUE(catalog->CreateNamespace({"db"}));
  ASSERT_TRUE(catalog->CreateTable(kEvents, Events()));
  fs::copy_file(db_, db_.string() + ".backup");
  ASSERT_TRUE(catalog->CreateNamespace({"later"}));

  fs::rename(db_.string() + ".backup", db_);
  EXPECT_FALSE(catalog->NamespaceExists({"later"}).value()) << "what the file of that name says";
  const auto committed = catalog->Commit(kEvents, {}, Set("k", "v"), "");
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_EQ(OpenSqlCatalog(Options()).value()->LoadTable(kEvents)->metadata_location, committed->metadata_location);

  fs::rename(db_, db_.string() + ".away");
  const auto gone = catalog->Commit(kEvents, {}, Set("k", "w"), "");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::kUnavailable) << "it may pass";
  EXPECT_THAT(gone.error().message, HasSubstr("moved or deleted while it was open"));
  EXPECT_FALSE(fs::exists(db_)) << "an empty one would be a catalog without tables";
  fs::rename(db_.string() + ".away", db_);
  EXPECT_TRUE(catalog->Commit(kEvents, {}, Set("k", "w"), ""));
}

TEST_F(SqlCatalogTest, SaysWhatCannotBeHad) {
  const auto kind = [](const SqlCatalogOptions& options) { return OpenSqlCatalog(options).error().kind; };
  SqlCatalogOptions options = Options();
  options.warehouse = "hdfs://namenode/warehouse";
  EXPECT_EQ(kind(options), ErrorKind::kUnsupported);
  EXPECT_THAT(OpenSqlCatalog(options).error().message, HasSubstr("hdfs://"));
  options = Options();
  options.uri = "mysql://me:hunter2@host/db";
  EXPECT_EQ(kind(options), ErrorKind::kUnsupported);
  EXPECT_THAT(OpenSqlCatalog(options).error().message, ::testing::Not(HasSubstr("hunter2")));
  options.uri = "sqlite:///:memory:";
  EXPECT_EQ(kind(options), ErrorKind::kInvalidArgument);
  options.uri = "sqlite:////dev/null/catalog.db";
  EXPECT_EQ(kind(options), ErrorKind::kUnavailable);
  EXPECT_THAT(OpenSqlCatalog(options).error().message, StartsWith("Failed to connect to catalog at sqlite:///"));
  std::ofstream(db_) << std::string(4096, 'x');
  EXPECT_EQ(kind(Options()), ErrorKind::kUnavailable);
  fs::remove(db_);
  ASSERT_EQ(::mkfifo(db_.c_str(), 0600), 0);
  EXPECT_THAT(OpenSqlCatalog(Options()).error().message, HasSubstr("not a regular file"));
}

TEST(TableIdentTest, Parses) {
  EXPECT_EQ(ParseTableIdent("a.b.t").value(), (TableIdent{{"a", "b"}, "t"}));
  EXPECT_EQ(ParseTableIdent("a.b.t")->ToString(), "a.b.t");
  for (const char* bad : {"", "t", "a.", ".t", "a..t"}) EXPECT_FALSE(ParseTableIdent(bad)) << bad;
  EXPECT_TRUE(ParseNamespace("").empty());
}

}  // namespace
}  // namespace frazil::catalog
