#include "catalog/table_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "catalog/metadata_files.h"
#include "common/random.h"
#include "iceberg/table_update.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A REST catalog has no warehouse that is a folder of ours.
class TableFilesTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }

  std::string In(const std::string& path) const { return "file://" + (dir_ / path).string(); }
  iceberg::TableMetadata Table(const std::string& location, std::map<std::string, std::string> properties = {}) const {
    iceberg::NewTable table;
    table.location = location;
    table.properties = std::move(properties);
    table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
    return iceberg::MakeTableMetadata(table, 1).value();
  }
  // As the catalog's own server does.
  std::string WriteMetadata(const iceberg::TableMetadata& metadata) const {
    return WriteMetadataFile(*below_, metadata, "").value();
  }
  Status Write(TableFiles& files, const iceberg::TableMetadata& table, const std::string& metadata_location,
               const std::string& location) const {
    return files.Of(table, metadata_location, below_)->WriteAll(location, "x");
  }
  int CountFiles() const {
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_)) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-places-" + RandomUuid());
  const std::shared_ptr<io::FileIo> below_ = storage::MakeFileIo({}).value();
};

TEST_F(TableFilesTest, ACatalogNamesNoPlaceOfThisMachine) {
  TableFiles files("analytics", {});
  for (const std::string& location : {In("t"), std::string("file:///"), std::string("/"), In("a/../t")}) {
    const auto table = Table(location);
    for (const std::string& metadata_location : {std::string(), In("t/metadata/none.metadata.json")}) {
      const Status refused = Write(files, table, metadata_location, location + "/data/x");
      ASSERT_FALSE(refused) << location;
      EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument) << location;
    }
  }
  EXPECT_THAT(Write(files, Table(In("t")), "", In("t/data/x")).error().message, HasSubstr("local_folders"));
  EXPECT_EQ(CountFiles(), 0);
}

TEST_F(TableFilesTest, TheUserNamesPlaces) {
  TableFiles files(In("warehouse"), {{In("more")}});
  EXPECT_TRUE(Write(files, Table(In("warehouse/db/t")), "", In("warehouse/db/t/data/x")));
  EXPECT_TRUE(Write(files, Table(In("more/t")), "", In("more/t/data/x")));
  const auto table = Table(In("warehouse/db/t2"), {{"write.data.path", In("more/t2")}});
  EXPECT_TRUE(Write(files, table, "", In("more/t2/x")));
  EXPECT_FALSE(Write(files, table, "", In("more/t3/x"))) << "that of another table";
  EXPECT_FALSE(Write(files, Table(In("warehouse2/t")), "", In("warehouse2/t/x")));
}

TEST_F(TableFilesTest, ACatalogOfThisMachineShowsThatItWritesThere) {
  TableFiles files("", {});
  const auto table = Table(In("theirs/t"), {{"write.data.path", In("etc")}});
  EXPECT_FALSE(Write(files, table, "", In("theirs/t/data/x")));
  const std::string shown = WriteMetadata(table);
  EXPECT_TRUE(Write(files, table, shown, In("theirs/t/metadata/x")));
  EXPECT_FALSE(Write(files, table, shown, In("etc/x"))) << "nothing shows that";
  EXPECT_FALSE(fs::exists(dir_ / "etc"));

  // What is there is of another table, or lies elsewhere, or is reached by a link.
  auto other = Table(In("theirs/t"));
  EXPECT_FALSE(Write(files, other, shown, In("theirs/t/metadata/y")));
  other = table;
  other.location = In("theirs");
  EXPECT_FALSE(Write(files, other, shown, In("theirs/y")));
  fs::create_directories(dir_ / "linked");
  fs::create_directory_symlink(dir_ / "theirs/t/metadata", dir_ / "linked/metadata");
  auto linked = Table(In("linked"));
  linked.table_uuid = table.table_uuid;
  EXPECT_FALSE(Write(files, linked, In("linked/metadata") + shown.substr(shown.rfind('/')), In("linked/y")));
}

TEST_F(TableFilesTest, TheSameFilesForTheSamePlaces) {
  TableFiles files(In("warehouse"), {});
  auto table = Table(In("warehouse/t"));
  const auto first = files.Of(table, "", below_);
  EXPECT_EQ(files.Of(table, "", below_), first);
  table.properties["write.data.path"] = In("warehouse/elsewhere");
  EXPECT_NE(files.Of(table, "", below_), first);
}

}  // namespace
}  // namespace frazil::catalog
