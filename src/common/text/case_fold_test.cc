#include "common/text/case_fold.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(FoldCaseTest, FoldsLettersOfAnyScript) {
  EXPECT_EQ(FoldCase("Order-ID 7"), "order-id 7");
  EXPECT_EQ(FoldCase("ÄÖ Ж Σ"), "äö ж σ");
  EXPECT_EQ(FoldCase("漢字 ß"), "漢字 ß");
  EXPECT_EQ(FoldCase(std::string("A\0B", 3)), std::string("a\0b", 3));
}

TEST(FoldCaseTest, LeavesWhatIsNoText) {
  EXPECT_EQ(FoldCase("\xffZ\xc3"), "\xffz\xc3");
  EXPECT_EQ(FoldCase(""), "");
}

}  // namespace
}  // namespace frazil
