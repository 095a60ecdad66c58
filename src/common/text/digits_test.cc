#include "common/text/digits.h"

#include <gtest/gtest.h>

#include <string>

namespace frazil {
namespace {

TEST(DigitsTest, TakesAllDigitsThatStandTogether) {
  const std::string digits = "123456789012345678901234";
  for (size_t count = 0; count <= digits.size(); ++count) {
    for (const char stop : {'/', ':', ' ', '\0', 'e', '\xFF'}) {
      const std::string text = digits.substr(0, count) + std::string(32, stop);
      uint64_t number = 0;
      ASSERT_EQ(TakeDigits(text.data(), number) - text.data(), static_cast<std::ptrdiff_t>(count)) << text;
      if (count > 0 && count < 20) {
        EXPECT_EQ(number, std::stoull(text.substr(0, count)));
      }
    }
  }
}

TEST(DigitsTest, AppendsToTheNumber) {
  const std::string text = "0025" + std::string(32, '}');
  uint64_t number = 17;
  EXPECT_EQ(TakeDigits(text.data(), number), text.data() + 4);
  EXPECT_EQ(number, 170'025u);
}

}  // namespace
}  // namespace frazil
