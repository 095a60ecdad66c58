#include "decode/renames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::decode {
namespace {

using ::testing::HasSubstr;

TEST(RenamesTest, SaysWhatFieldsAreCalledNow) {
  const auto renames = Renames::Make({{"a", "b"}, {"s.x", "y"}, {"l.element.sku", "article"}});
  ASSERT_TRUE(renames);
  EXPECT_EQ(renames->NameNow("a"), "b");
  EXPECT_EQ(renames->NameNow("b"), "b");
  EXPECT_EQ(renames->NameNow("x"), "x");
  EXPECT_EQ(renames->Below("s")->NameNow("x"), "y");
  EXPECT_EQ(renames->Below("l")->Below("element")->NameNow("sku"), "article");
  EXPECT_EQ(renames->Below("b"), nullptr);
  EXPECT_FALSE(renames->empty());
  EXPECT_TRUE(Renames::Make({})->empty());
}

TEST(RenamesTest, APathMayCallWhatIsAboveByEitherName) {
  for (const char* path : {"client.nmae", "customer.nmae"}) {
    const auto renames = Renames::Make({{"customer", "client"}, {path, "name"}});
    ASSERT_TRUE(renames);
    EXPECT_EQ(renames->Below("client")->NameNow("nmae"), "name");
    EXPECT_EQ(renames->Below("customer"), nullptr);
  }
}

TEST(RenamesTest, WhatCannotBeToldFromItselfIsRefused) {
  const auto refused = [](const std::map<std::string, std::string>& names) {
    const auto renames = Renames::Make(names);
    return renames ? std::string("accepted") : renames.error().message;
  };
  EXPECT_THAT(refused({{"a", "b"}, {"b", "a"}}), HasSubstr("old and new at once"));
  EXPECT_THAT(refused({{"a", "b"}, {"b", "c"}}), HasSubstr("old and new at once"));
  EXPECT_THAT(refused({{"a", "c"}, {"b", "c"}}), HasSubstr("is to have that name"));
  EXPECT_THAT(refused({{"s", "t"}, {"s.a", "b"}, {"t.a", "c"}}), HasSubstr("renamed twice"));
  EXPECT_THAT(refused({{"a", "a"}}), HasSubstr("the same"));
  EXPECT_THAT(refused({{"a", ""}}), HasSubstr("empty"));
  EXPECT_THAT(refused({{"a..b", "c"}}), HasSubstr("single dots"));
  EXPECT_THAT(refused({{"s.a", "s.b"}}), HasSubstr("give the new name alone: \"b\""));
  EXPECT_EQ(refused({{"a", "b"}, {"s.b", "a"}}), "accepted") << "one struct has nothing to do with another";
}

}  // namespace
}  // namespace frazil::decode
