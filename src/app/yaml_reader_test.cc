#include "app/yaml_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace frazil::app {
namespace {

using testing::ElementsAre;

// Merge keys: https://yaml.org/type/merge.html
class MergeKeyTest : public testing::Test {
 protected:
  // The map under `key` of a document, as "name=value" in the order of its keys.
  std::vector<std::string> Read(const std::string& text, const std::string& key) {
    YamlMap root(YAML::Load(text), "", problems_);
    auto map = root.Map(key);
    std::vector<std::string> out;
    if (!map) return out;
    for (const auto& name : map->Keys()) out.push_back(name + "=" + map->Text(name).value_or("nothing"));
    return out;
  }
  std::string Complaints() const {
    const Status status = problems_.ToStatus();
    return status ? "" : status.error().message;
  }

  Problems problems_{"f.yaml", [](const std::string&) { return std::nullopt; }};
};

TEST_F(MergeKeyTest, AnOwnKeyWins) {
  const std::string text = "base: &base {x: 1, y: 2}\none: {<<: *base, y: 3}\ntwo: {y: 3, z: 4, <<: *base}\n";
  EXPECT_THAT(Read(text, "one"), ElementsAre("y=3", "x=1"));
  EXPECT_THAT(Read(text, "two"), ElementsAre("y=3", "z=4", "x=1"));
  EXPECT_THAT(Read(text, "base"), ElementsAre("x=1", "y=2"));
  EXPECT_EQ(Complaints(), "");
}

TEST_F(MergeKeyTest, OfAListTheFirstWins) {
  const std::string text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b, {z: 3, w: 3}], w: 4}\n";
  EXPECT_THAT(Read(text, "c"), ElementsAre("w=4", "x=1", "y=1", "z=2"));
  EXPECT_EQ(Complaints(), "");
}

TEST_F(MergeKeyTest, AMergedMapMayMerge) {
  const std::string text = "a: &a {x: 1, y: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: [*b, *a]}\n";
  EXPECT_THAT(Read(text, "c"), ElementsAre("y=2", "x=1"));
  EXPECT_EQ(Complaints(), "");
}

TEST_F(MergeKeyTest, MapsBelowAreReplacedWhole) {
  YamlMap root(YAML::Load("a: &a {s3: {region: r, endpoint: e}}\nb: {<<: *a, s3: {region: q}}"), "", problems_);
  EXPECT_THAT(root.Map("b")->Map("s3")->Keys(), ElementsAre("region"));
}

TEST_F(MergeKeyTest, Mistakes) {
  Read("a: &a {x: 1}\nb:\n  <<: *a\n  <<: {z: 1}\n", "b");
  EXPECT_EQ(Complaints(), "f.yaml:4: b.<<: the key stands here for a second time; merge a list");
  problems_ = Problems("f.yaml", problems_.environment());
  Read("b: &b 1\na:\n  x: 1\n  <<: [{y: 1}, *b]\n", "a");
  EXPECT_EQ(Complaints(), "f.yaml:4: a.<<: expected a map or a list of maps to merge, found a single value");
  problems_ = Problems("f.yaml", problems_.environment());
  Read("a: {<<: }", "a");
  EXPECT_EQ(Complaints(), "f.yaml:1: a.<<: expected a map or a list of maps to merge, found nothing");
  problems_ = Problems("f.yaml", problems_.environment());
  EXPECT_THAT(Read("a: &a {x: 1}\nb: {<<: *a, y: 1, y: 2}", "b"), ElementsAre("y=1", "x=1"));
  EXPECT_EQ(Complaints(), "f.yaml:2: b.y: the key stands here for a second time (first in line 2)");
}

TEST_F(MergeKeyTest, AnUnknownKeyIsReportedWhereItStands) {
  YamlMap root(YAML::Load("a: &a\n  x: 1\n  why: 2\nb: {<<: *a}"), "", problems_);
  auto map = root.Map("b");
  map->Text("x");
  map->Finish();
  EXPECT_EQ(Complaints(), "f.yaml:3: b.why: unknown key; expected x");
}

TEST_F(MergeKeyTest, QuotedItIsAKeyLikeAnyOther) {
  EXPECT_THAT(Read("a: {\"<<\": 1, '<<x': 2}", "a"), ElementsAre("<<=1", "<<x=2"));
  EXPECT_EQ(Complaints(), "");
}

TEST_F(MergeKeyTest, ThatNeverEnds) {
  EXPECT_THAT(Read("a: &a {<<: *a, x: 1}", "a"), ElementsAre("x=1"));
  EXPECT_THAT(Read("a: &a {x: 1, <<: &b {y: 2, <<: [*a, *b]}}", "a"), ElementsAre("x=1", "y=2"));
  // Twice as much in each line: 2^60 maps, each of them met once.
  std::string text = "m0: &m0 {x: 1}\n";
  for (int i = 1; i <= 60; ++i) {
    text += fmt::format("m{0}: &m{0} {{<<: [*m{1}, *m{1}]}}\n", i, i - 1);
  }
  EXPECT_THAT(Read(text, "m60"), ElementsAre("x=1"));
  EXPECT_EQ(Complaints(), "");
}

TEST_F(MergeKeyTest, ThereIsAMostOfThem) {
  std::string text = "a: {<<: [{x: 1}";
  for (int i = 0; i < 1100; ++i) text += fmt::format(", {{y{}: 1}}", i);
  EXPECT_THAT(Read(text + "]}", "a"), testing::SizeIs(testing::Lt(1100)));
  EXPECT_EQ(Complaints(), "f.yaml:1: a.<<: no more than 1000 maps can be merged into one");
}

TEST(ProblemsTest, OfManyTheFirstAreTold) {
  Problems problems("f.yaml", [](const std::string&) { return std::nullopt; });
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("k{}: 1\n", i);
  YamlMap(YAML::Load(text), "", problems).Finish();
  const std::string told = problems.ToStatus().error().message;
  EXPECT_THAT(told, testing::StartsWith("f.yaml:1: k0: unknown key"));
  EXPECT_THAT(told, testing::EndsWith("\nand 950 more like these"));
}

}  // namespace
}  // namespace frazil::app
