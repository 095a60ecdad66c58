#include "iceberg/term_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::iceberg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Transform Of(std::string_view text) { return Transform::Parse(text); }

TEST(TermText, TransformsOfColumns) {
  const auto terms = ParseTransformTerms("day(ts), bucket(16, id),truncate( 4 , place.city ) , region, identity(x)");
  ASSERT_TRUE(terms) << terms.error().message;
  EXPECT_THAT(*terms, ElementsAre(TransformTerm{"ts", Of("day")}, TransformTerm{"id", Of("bucket[16]")},
                                  TransformTerm{"place.city", Of("truncate[4]")}, TransformTerm{"region", {}},
                                  TransformTerm{"x", {}}));
}

TEST(TermText, WordsOfOtherEngines) {
  const auto terms = ParseTransformTerms("DAYS(ts), bucket(id, 16), years(a), months(b), Hour(c)");
  ASSERT_TRUE(terms) << terms.error().message;
  EXPECT_THAT(*terms, ElementsAre(TransformTerm{"ts", Of("day")}, TransformTerm{"id", Of("bucket[16]")},
                                  TransformTerm{"a", Of("year")}, TransformTerm{"b", Of("month")},
                                  TransformTerm{"c", Of("hour")}));
}

TEST(TermText, QuotedNames) {
  const auto terms = ParseTransformTerms(R"("a b", day("it ""is"" ,"), `c``d`, bucket(4, "8"), day)");
  ASSERT_TRUE(terms) << terms.error().message;
  EXPECT_THAT(*terms,
              ElementsAre(TransformTerm{"a b", {}}, TransformTerm{R"(it "is" ,)", Of("day")}, TransformTerm{"c`d", {}},
                          TransformTerm{"8", Of("bucket[4]")}, TransformTerm{"day", {}}));
  for (const TransformTerm& term : *terms) {
    EXPECT_THAT(*ParseTransformTerms(ToString(term)), ElementsAre(term)) << ToString(term);
  }
}

TEST(TermText, SaysWhatIsWrong) {
  for (const auto& [text, why] : {std::pair("", "a column or a transform is missing"),
                                  {"bukcet(16, id)", "no transform 'bukcet'; expected identity, bucket"},
                                  {"bucket(id)", "bucket wants a number and a column, as in bucket(16, id)"},
                                  {"bucket(0, id)", "a whole number of at least 1"},
                                  {"truncate(4.5, id)", "a whole number of at least 1"},
                                  {"bucket(99999999999, id)", "a whole number of at least 1"},
                                  {"day(ts", "not closed by ')' behind 'ts'"},
                                  {"day(1, ts)", "day is not closed"},
                                  {"day()", "expected a column, found ')'"},
                                  {"a b", "expected a comma before 'b'"},
                                  {"a,", "nothing follows the last comma"},
                                  {",a", "found ','"},
                                  {"void(ts)", "no transform 'void'"},
                                  {"\"a", "has no end"},
                                  {"\"\"", "name is empty"}}) {
    const auto terms = ParseTransformTerms(text);
    ASSERT_FALSE(terms) << text;
    EXPECT_EQ(terms.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_THAT(terms.error().message, HasSubstr(why)) << text;
  }
}

TEST(TermText, HowRowsAreSorted) {
  const auto terms = ParseSortTerms("city, ts desc nulls first, day(ts) ASC NULLS LAST, id desc");
  ASSERT_TRUE(terms) << terms.error().message;
  EXPECT_THAT(*terms, ElementsAre(SortTerm{{"city", {}}, true, true}, SortTerm{{"ts", {}}, false, true},
                                  SortTerm{{"ts", Of("day")}, true, false}, SortTerm{{"id", {}}, false, false}));
  EXPECT_EQ(ToString((*terms)[0]), "city");
  EXPECT_EQ(ToString((*terms)[1]), "ts desc nulls first");
  EXPECT_EQ(ToString((*terms)[2]), "day(ts) nulls last");
  EXPECT_EQ(ToString((*terms)[3]), "id desc");
  EXPECT_THAT(ParseSortTerms("a nulls").error().message, HasSubstr("first or last"));
  EXPECT_THAT(ParseSortTerms("a up").error().message, HasSubstr("expected a comma before 'up'"));
}

}  // namespace
}  // namespace frazil::iceberg
