#include "iceberg/manifest_packing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::iceberg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ManifestFile Manifest(std::string path, int64_t length, int32_t spec_id = 0,
                      ManifestContent content = ManifestContent::kData) {
  ManifestFile manifest;
  manifest.manifest_path = std::move(path);
  manifest.manifest_length = length;
  manifest.partition_spec_id = spec_id;
  manifest.content = content;
  return manifest;
}

std::vector<std::string> Pack(std::vector<ManifestFile> manifests, int64_t target) {
  std::vector<std::string> bins;
  for (const auto& bin : PackManifests(std::move(manifests), target)) {
    auto& text = bins.emplace_back();
    for (const auto& manifest : bin) text += manifest.manifest_path;
  }
  return bins;
}

TEST(PackManifestsTest, FillsFromTheOldest) {
  EXPECT_THAT(Pack({Manifest("a", 4), Manifest("b", 4), Manifest("c", 4), Manifest("d", 4), Manifest("e", 4)}, 10),
              ElementsAre("a", "bc", "de"));
  EXPECT_THAT(Pack({Manifest("a", 4), Manifest("b", 40), Manifest("c", 4), Manifest("d", 4)}, 10),
              ElementsAre("a", "b", "cd"));
  EXPECT_THAT(Pack({Manifest("a", 5), Manifest("b", 5)}, 10), ElementsAre("ab"));
  EXPECT_THAT(Pack({}, 10), IsEmpty());
}

TEST(PackManifestsTest, KeepsSpecsAndContentsApart) {
  EXPECT_THAT(Pack({Manifest("a", 1, 1), Manifest("b", 1, 0), Manifest("c", 1, 1),
                    Manifest("d", 1, 0, ManifestContent::kDeletes), Manifest("e", 1, 0)},
                   10),
              testing::UnorderedElementsAre("ac", "be", "d"));
}

TEST(MergeSettingsTest, ComeFromProperties) {
  TableMetadata table;
  auto settings = MergeSettings::From(table);
  EXPECT_TRUE(settings.enabled);
  EXPECT_EQ(settings.target_bytes, 8 * 1024 * 1024);
  EXPECT_EQ(settings.min_count, 100U);
  table.properties = {{"commit.manifest-merge.enabled", "false"},
                      {"commit.manifest.target-size-bytes", "5"},
                      {"commit.manifest.min-count-to-merge", "x"}};
  settings = MergeSettings::From(table);
  EXPECT_FALSE(settings.enabled);
  EXPECT_EQ(settings.target_bytes, 5);
  EXPECT_EQ(settings.min_count, 100U);
}

TEST(ManifestPackingTest, TotalsThatWouldNotAddUpAreUnknown) {
  const auto total = [](const std::string& text) { return ParseTotal({{"total", text}}, "total"); };
  EXPECT_EQ(total("12"), 12);
  EXPECT_EQ(total("-1"), std::nullopt);
  EXPECT_EQ(total("9223372036854775807"), std::nullopt);
  EXPECT_EQ(total("9223372036854775808"), std::nullopt);
}

}  // namespace
}  // namespace frazil::iceberg
