#include "iceberg/schema_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace frazil::iceberg {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TypePtr T(std::string_view text) { return *ParsePrimitiveType(text); }
Field F(int32_t id, std::string name, TypePtr type, bool required = false) {
  return {.id = id, .name = std::move(name), .type = std::move(type), .required = required};
}

// In words; "!" before what rows do not outlive.
std::vector<std::string> Told(const std::vector<Field>& before, const std::vector<Field>& after) {
  std::vector<std::string> told;
  for (const FieldChange& change : ChangesBetween(Schema(0, before), Schema(1, after))) {
    told.push_back((KeepsRows(change) ? "" : "!") + Describe(change));
  }
  return told;
}

TEST(SchemaChange, SaysNothingOfOrderAndDocumentation) {
  const std::vector<Field> before = {F(1, "a", T("long")), F(2, "b", T("string"))};
  std::vector<Field> after = {before[1], before[0]};
  after[0].doc = "what it is";
  EXPECT_THAT(Told(before, after), IsEmpty());
}

TEST(SchemaChange, RowsOutliveOptionalColumnsThatComeAndRequiredOnesThatBecomeOptional) {
  EXPECT_THAT(Told({F(1, "a", T("long"), true)}, {F(1, "a", T("long")), F(2, "b", T("string"))}),
              ElementsAre("column 'a' is optional now", "column 'b' came"));
}

TEST(SchemaChange, RowsOutlivePromotionsThatKeepEachValueAsItWouldBeMadeAnew) {
  EXPECT_THAT(Told({F(1, "a", T("int"))}, {F(1, "a", T("long"))}), ElementsAre("column 'a' is long now"));
  EXPECT_THAT(Told({F(1, "a", T("decimal(9,2)"))}, {F(1, "a", T("decimal(12,2)"))}),
              ElementsAre("column 'a' is decimal(12, 2) now"));
  EXPECT_THAT(Told({F(1, "a", T("float"))}, {F(1, "a", T("double"))}), ElementsAre("!column 'a' is double now"))
      << "0.1 was rounded for the float";
}

TEST(SchemaChange, RowsOutliveNothingElse) {
  const std::vector<Field> before = {F(1, "a", T("int"))};
  EXPECT_THAT(Told(before, {}), ElementsAre("!column 'a' was dropped"));
  EXPECT_THAT(Told(before, {F(1, "b", T("int"))}), ElementsAre("!column 'a' was renamed 'b'"));
  EXPECT_THAT(Told(before, {F(1, "a", T("string"))}), ElementsAre("!column 'a' is string now"));
  EXPECT_THAT(Told({F(1, "a", T("long"))}, {F(1, "a", T("int"))}), ElementsAre("!column 'a' is int now"));
  EXPECT_THAT(Told(before, {F(1, "a", T("int"), true)}), ElementsAre("!column 'a' is required now"));
  EXPECT_THAT(Told(before, {before[0], F(2, "b", T("int"), true)}), ElementsAre("!required column 'b' came"));
  EXPECT_THAT(Told(before, {F(2, "a", T("int"))}), ElementsAre("!column 'a' was dropped", "column 'a' came"));
  EXPECT_THAT(Told(before, {F(1, "a", Type::List(2, T("int"), false))}), ElementsAre("!column 'a' is list<int> now"));
  std::vector<Field> defaulted = before;
  defaulted[0].write_default = "7";
  EXPECT_THAT(Told(before, defaulted), ElementsAre("!column 'a' has another default"));
}

TEST(SchemaChange, LooksIntoStructsListsAndMaps) {
  const auto point = [](std::vector<Field> fields) { return Type::Struct(std::move(fields)); };
  const auto nested = [&](const TypePtr& type) {
    return std::vector<Field>{F(1, "s", type), F(2, "l", Type::List(3, type, false)),
                              F(4, "m", Type::Map(5, T("string"), 6, type, false))};
  };
  EXPECT_THAT(Told(nested(point({F(10, "x", T("float"))})), nested(point({F(10, "x", T("double"))}))),
              ElementsAre("!column 's.x' is double now", "!column 'l.element.x' is double now",
                          "!column 'm.value.x' is double now"));
  EXPECT_THAT(Told({F(1, "m", Type::Map(5, T("string"), 6, T("int"), false))},
                   {F(1, "m", Type::Map(5, T("string"), 7, T("int"), false))}),
              ElementsAre("!column 'm.value' was dropped", "column 'm.value' came"));
}

}  // namespace
}  // namespace frazil::iceberg
