#include "app/text_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

TEST(TextTableTest, AlignsTextLeftAndNumbersRight) {
  const Json rows = {{{"name", "größe"}, {"rows", 12345}, {"at", 0}},
                     {{"name", "b"}, {"rows", 7}, {"at", 1767880800123}},
                     {{"rows", nullptr}}};
  EXPECT_EQ(FormatTable({{"name", "NAME"}, {"rows", "ROWS", Show::kCount}, {"at", "AT", Show::kTime}}, rows),
            "NAME     ROWS  AT\n"
            "größe  12,345  1970-01-01T00:00:00.000Z\n"
            "b           7  2026-01-08T14:00:00.123Z\n"
            "-           -  -\n");
}

TEST(TextTableTest, NoRowsStillHaveTitles) {
  EXPECT_EQ(FormatTable({{"a", "A"}, {"b", "B"}}, Json::array()), "A  B\n");
}

TEST(TextTableTest, Numbers) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(-1000), "-1,000");
  EXPECT_EQ(FormatCount(-100), "-100");
  EXPECT_EQ(FormatNumber(1, "row"), "1 row");
  EXPECT_EQ(FormatNumber(1000, "row"), "1,000 rows");
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes(128LL << 20), "128.0 MiB");
}

}  // namespace
}  // namespace frazil::app
