// What a PointerCatalog gives its store: the version that the store told, and the metadata that stands where the
// pointer leads.
#include "catalog/pointer_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "catalog/metadata_files.h"
#include "catalog/pointer_catalog.h"
#include "common/random.h"

namespace frazil::catalog {
namespace {

namespace fs = std::filesystem;

const TableIdent kEvents{{"db"}, "events"};

// As Glue: each change has a number, and a change is refused where it brings the number of another one.
class NumberedStore final : public PointerStore {
 public:
  struct Row {
    Pointer pointer;
    std::string table_uuid;
    std::string owner;  // a property, as the store shows it
  };

  std::string Describe() const override { return "a store with numbers"; }
  Result<std::vector<Namespace>> ListNamespaces() override { return std::vector<Namespace>{{"db"}}; }
  Status CreateNamespace(const Namespace& /*ns*/) override { return {}; }
  Result<bool> NamespaceExists(const Namespace& /*ns*/) override { return true; }
  Result<std::vector<std::string>> ListTables(const Namespace& /*ns*/) override { return std::vector<std::string>{}; }
  Result<std::string> NewTableLocation(const TableIdent& ident) override {
    return folder.empty() ? folder : folder + "/" + ident.name;
  }

  Result<Pointer> Get(const TableIdent& ident) override {
    const auto found = rows.find(ident.name);
    if (found == rows.end()) return Fail(ErrorKind::kNotFound, "no {}", ident.name);
    return found->second.pointer;
  }
  Status Insert(const TableIdent& ident, const std::string& location, const iceberg::TableMetadata& metadata) override {
    rows[ident.name] = {{location, "0"}, metadata.table_uuid, metadata.Property("owner", "")};
    return {};
  }
  Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
              const iceberg::TableMetadata& metadata) override {
    Row& row = rows.at(ident.name);
    if (someone_else_comes) row.pointer.version = std::to_string(std::stoi(row.pointer.version) + 1);
    if (row.pointer != from) return Fail(ErrorKind::kCommitConflict, "version {} is none", from.version);
    row = {{to, std::to_string(std::stoi(from.version) + 1)}, metadata.table_uuid, metadata.Property("owner", "")};
    if (the_reply_is_lost) return Fail(ErrorKind::kCommitUnknown, "no reply");
    return {};
  }
  Status Remove(const TableIdent& ident) override {
    rows.erase(ident.name);
    return {};
  }
  Status Rename(const TableIdent& /*from*/, const TableIdent& /*to*/) override {
    return Fail(ErrorKind::kUnsupported, "names stay here");
  }

  std::map<std::string, Row> rows;
  std::string folder;
  bool someone_else_comes = false;  // between Get and Swap, with a change that leaves the location as it is
  bool the_reply_is_lost = false;
};

class PointerStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(dir_);
    auto store = std::make_unique<NumberedStore>();
    store_ = store.get();
    catalog_ = PointerCatalog::Open(std::move(store), "file://" + dir_.string(), {}).value();
  }
  void TearDown() override { fs::remove_all(dir_); }

  LoadedTable Create() {
    iceberg::NewTable table;
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
    return catalog_->CreateTable(kEvents, table).value();
  }
  Result<LoadedTable> SetOwner(const std::string& owner) {
    return catalog_->Commit(kEvents, {}, {iceberg::SetProperties{{{"owner", owner}}}}, "");
  }
  int MetadataFiles() const {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_)) {
      files += entry.path().string().ends_with(".metadata.json") ? 1 : 0;
    }
    return files;
  }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-pointer-" + RandomUuid());
  NumberedStore* store_ = nullptr;
  std::shared_ptr<Catalog> catalog_;
};

TEST_F(PointerStoreTest, HearsWhatStandsWhereThePointerLeads) {
  const LoadedTable created = Create();
  EXPECT_EQ(store_->rows["events"].table_uuid, created.metadata->table_uuid);
  ASSERT_TRUE(SetOwner("me"));
  EXPECT_EQ(store_->rows["events"].owner, "me");
  const auto stored = ReadMetadataFile(*created.io, store_->rows["events"].pointer.location);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ((*stored)->Property("owner", ""), "me");
}

TEST_F(PointerStoreTest, GetsItsVersionBackWithEachChange) {
  Create();
  for (const char* owner : {"me", "you", "we"}) ASSERT_TRUE(SetOwner(owner));
  EXPECT_EQ(store_->rows["events"].pointer.version, "3");
}

TEST_F(PointerStoreTest, AChangeThatTheLocationDoesNotShowIsAConflict) {
  Create();
  store_->someone_else_comes = true;
  const auto refused = SetOwner("me");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kCommitConflict);
  EXPECT_EQ(MetadataFiles(), 1) << "a refused commit leaves no metadata file";
  store_->someone_else_comes = false;
  EXPECT_TRUE(SetOwner("me")) << "the next try has the version of then";
}

TEST_F(PointerStoreTest, WhatMayBeInKeepsItsFile) {
  Create();
  store_->the_reply_is_lost = true;
  const auto unknown = SetOwner("me");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kCommitUnknown);
  EXPECT_EQ(catalog_->LoadTable(kEvents)->metadata->Property("owner", ""), "me");
}

TEST_F(PointerStoreTest, ChoosesTheFolderOfANewTableWhereItHasOne) {
  store_->folder = "file://" + (dir_ / "db.db").string();
  EXPECT_EQ(Create().metadata->location, store_->folder + "/events");
}

}  // namespace
}  // namespace frazil::catalog
