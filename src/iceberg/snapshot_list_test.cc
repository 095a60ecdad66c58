#include "iceberg/snapshot_list.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <thread>

namespace frazil::iceberg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Text(int64_t id) {
  return fmt::format(R"({{"snapshot-id":{0},"sequence-number":{0},"timestamp-ms":{1},"manifest-list":"l{0}"}})", id,
                     1000 - id);
}

SnapshotList ListOf(std::string_view array) {
  const auto owner = std::make_shared<const simdjson::padded_string>(array);
  SnapshotList list;
  const Status added = list.AddAll(owner, {owner->data(), owner->size()});
  EXPECT_TRUE(added) << added.error().message;
  return list;
}

std::string Written(const SnapshotList& list) {
  std::string text;
  list.AppendTo(&text);
  return text;
}

TEST(SnapshotListTest, ReadAndAdded) {
  SnapshotList list = ListOf("[" + Text(1) + " , " + Text(2) + "]");
  Snapshot third;
  third.snapshot_id = 3;
  third.sequence_number = 3;
  third.manifest_list = "l3";
  list.push_back(third);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[1].manifest_list, "l2");
  EXPECT_EQ(list.back().snapshot_id, 3);
  EXPECT_EQ(list.Find(1)->timestamp_ms, 999);
  EXPECT_EQ(list.Find(4), nullptr);
  EXPECT_TRUE(list.Contains(3));
  EXPECT_EQ(list.newest_timestamp_ms(), 999);
  EXPECT_EQ(list.newest_sequence_number(), 3);
  std::vector<int64_t> ids;
  for (const Snapshot& snapshot : list) ids.push_back(snapshot.snapshot_id);
  EXPECT_THAT(ids, ElementsAre(1, 2, 3));
  EXPECT_THAT(Written(list), HasSubstr(Text(1) + "," + Text(2) + ",{"));
  EXPECT_EQ(Written(list).size() + 1, list.text_size());
}

TEST(SnapshotListTest, OldOnesAreFoundHoweverOftenTheyAreAskedFor) {
  constexpr int64_t kRead = 1000;
  std::string array = "[" + Text(1);
  for (int64_t id = 2; id <= kRead; ++id) array += "," + Text(id);
  SnapshotList list = ListOf(array + "]");
  const auto check = [](const SnapshotList& one, int64_t last) {
    for (int64_t id = 1; id <= last; ++id) {
      ASSERT_NE(one.Find(id), nullptr) << id;
      ASSERT_EQ(one.Find(id)->snapshot_id, id);
    }
    EXPECT_EQ(one.Find(0), nullptr);
    EXPECT_FALSE(one.Contains(last + 1));
  };
  check(list, kRead);
  const SnapshotList before = list;
  for (int64_t id = kRead + 1; id <= kRead + 500; ++id) {
    Snapshot more;
    more.snapshot_id = id;
    list.push_back(more);
  }
  check(list, kRead + 500);
  check(before, kRead);
  list.Remove({1, 700});
  EXPECT_EQ(list.Find(1), nullptr);
  EXPECT_EQ(list.Find(700), nullptr);
  EXPECT_EQ(list.Find(2)->snapshot_id, 2);
  list.Keep({3, 1200});
  EXPECT_EQ(list.Find(2), nullptr);
  EXPECT_EQ(list.Find(3)->snapshot_id, 3);
}

TEST(SnapshotListTest, ManyMayBeTheFirstToAsk) {
  std::string array = "[" + Text(1);
  for (int64_t id = 2; id <= 500; ++id) array += "," + Text(id);
  const SnapshotList list = ListOf(array + "]");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&list] {
      for (int64_t id = 1; id <= 500; ++id) EXPECT_TRUE(list.Contains(id));
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(SnapshotListTest, CopiesAreListsOfTheirOwn) {
  SnapshotList list = ListOf("[" + Text(1) + "," + Text(2) + "]");
  const Snapshot* first = list.Find(1);
  SnapshotList copy = list;
  EXPECT_EQ(copy.Find(1), first);  // parsed once
  list.Remove({1});
  EXPECT_EQ(Written(list), Text(2));
  list.Keep({1, 7});
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(Written(copy), Text(1) + "," + Text(2));
  EXPECT_EQ(copy.Find(2)->manifest_list, "l2");
}

TEST(SnapshotListTest, AFewThatAreKeptDoNotHoldTheTextOfAll) {
  auto owner = std::make_shared<const simdjson::padded_string>(std::string_view("[" + Text(1) + "," + Text(2) + "]"));
  const std::weak_ptr<const simdjson::padded_string> text = owner;
  SnapshotList list;
  ASSERT_TRUE(list.AddAll(owner, {owner->data(), owner->size()}));
  owner.reset();
  EXPECT_FALSE(text.expired());
  list.Keep({2});
  EXPECT_TRUE(text.expired());
  EXPECT_EQ(list.back().manifest_list, "l2");
  EXPECT_EQ(Written(list), Text(2));
}

TEST(SnapshotListTest, NothingIsNothing) {
  const SnapshotList none = ListOf("[]");
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.newest_timestamp_ms(), 0);
  EXPECT_EQ(Written(none), "");
}

TEST(SnapshotListTest, ManyLookAtOnce) {
  const SnapshotList list = ListOf("[" + Text(1) + "," + Text(2) + "]");
  std::vector<std::thread> threads;
  std::array<const Snapshot*, 4> seen{};
  for (auto& slot : seen) threads.emplace_back([&] { slot = list.Find(2); });
  for (auto& thread : threads) thread.join();
  for (const Snapshot* slot : seen) EXPECT_EQ(slot, list.Find(2));
}

TEST(SnapshotListTest, WhatIsNoListOfSnapshotsIsCorrupt) {
  for (const char* text : {"{}", "[", "[1]", "[{}]", R"([{"snapshot-id":1}])"}) {
    const auto owner = std::make_shared<const simdjson::padded_string>(std::string_view(text));
    SnapshotList list;
    const Status added = list.AddAll(owner, {owner->data(), owner->size()});
    ASSERT_FALSE(added) << text;
    EXPECT_EQ(added.error().kind, ErrorKind::kCorrupt);
  }
}

}  // namespace
}  // namespace frazil::iceberg
