#include "common/time/civil_time.h"

#include <gtest/gtest.h>

#include <ctime>
#include <limits>
#include <random>
#include <string>

namespace frazil {
namespace {

TEST(CivilTimeTest, DaysAgreeWithTheSystemCalendar) {
  // Every day of 1890 to 2110, against the C library.
  for (int64_t days = -29'220; days < 51'134; ++days) {
    const time_t seconds = days * 86'400;
    std::tm tm{};
    ASSERT_NE(gmtime_r(&seconds, &tm), nullptr);
    const CivilDate date = CivilFromDays(days);
    ASSERT_EQ(date, (CivilDate{tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday})) << days;
    ASSERT_EQ(DaysFromCivil(date), days);
  }
}

TEST(CivilTimeTest, DaysAtTheEndsOfInt32) {
  for (const int64_t days :
       {int64_t{std::numeric_limits<int32_t>::min()}, int64_t{std::numeric_limits<int32_t>::max()}}) {
    EXPECT_EQ(DaysFromCivil(CivilFromDays(days)), days);
    EXPECT_EQ(ParseDate(FormatDate(days)), days);
  }
  EXPECT_EQ(FormatDate(std::numeric_limits<int32_t>::max()), "+5881580-07-11");
}

TEST(CivilTimeTest, ParsesDates) {
  EXPECT_EQ(ParseDate("1970-01-01"), 0);
  EXPECT_EQ(ParseDate("1969-12-31"), -1);
  EXPECT_EQ(ParseDate("2017-11-16"), 17486);
  EXPECT_EQ(ParseDate("2000-02-29"), 11016);
  EXPECT_EQ(ParseDate("0000-01-01"), -719'528);
  EXPECT_EQ(ParseDate("-0001-12-31"), -719'529);
  for (const char* wrong : {"", "1970", "1970-1-1", "1970-01-32", "1970-13-01", "1970-00-01", "1900-02-29", "70-01-01",
                            "1970-01-01 ", " 1970-01-01", "1970/01/01", "19700101", "1970-01-01T", "+5881580-07-12",
                            "-5877641-06-22", "99999999-01-01", "10000-01-01", "1970-01-0a"}) {
    EXPECT_EQ(ParseDate(wrong), std::nullopt) << wrong;
  }
}

TEST(CivilTimeTest, ParsesTimes) {
  EXPECT_EQ(ParseTimeOfDay("00:00:00"), 0);
  EXPECT_EQ(ParseTimeOfDay("22:31:08"), 81'068'000'000);
  EXPECT_EQ(ParseTimeOfDay("22:31"), 81'060'000'000);
  EXPECT_EQ(ParseTimeOfDay("22:31:08.123456"), 81'068'123'456);
  EXPECT_EQ(ParseTimeOfDay("22:31:08.1"), 81'068'100'000);
  EXPECT_EQ(ParseTimeOfDay("23:59:59.999999999"), kMicrosPerDay - 1);
  for (const char* wrong : {"", "24:00:00", "23:60:00", "23:59:60", "1:00:00", "22:31:08.", "22:31:08.1234567890",
                            "22:31:08Z", "22:31:", "22", "22-31-08", "-1:00:00"}) {
    EXPECT_EQ(ParseTimeOfDay(wrong), std::nullopt) << wrong;
  }
}

TEST(CivilTimeTest, ParsesTimestamps) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00", Zone::kNone), 0);
  EXPECT_EQ(ParseTimestamp("2017-11-16T22:31:08", Zone::kNone), 1'510'871'468'000'000);
  EXPECT_EQ(ParseTimestamp("2017-11-16 22:31:08.000001", Zone::kNone), 1'510'871'468'000'001);
  EXPECT_EQ(ParseTimestamp("2017-11-16T22:31:08.000001001", Zone::kNone, TimeUnit::kNanos), 1'510'871'468'000'001'001);
  EXPECT_EQ(ParseTimestamp("1969-12-31T23:59:59.999999", Zone::kNone), -1);
  EXPECT_EQ(ParseTimestamp("1969-12-31T23:59:59.9999999", Zone::kNone), -1) << "cut off, not rounded";
  EXPECT_EQ(ParseTimestamp("2017-11-16T14:31:08-08:00", Zone::kRequired), 1'510'871'468'000'000);
  EXPECT_EQ(ParseTimestamp("2017-11-16T22:31:08Z", Zone::kRequired), 1'510'871'468'000'000);
  EXPECT_EQ(ParseTimestamp("2017-11-17T04:01:08+0530", Zone::kRequired), 1'510'871'468'000'000);
  EXPECT_EQ(ParseTimestamp("2017-11-17T00:31:08+02", Zone::kRequired), 1'510'871'468'000'000);
  for (const char* wrong :
       {"", "2017-11-16", "2017-11-16T", "2017-11-16T22", "2017-11-16T22:31:08Z", "2017-11-16T22:31:08+00:00",
        "2017-11-16  22:31:08", "2017-11-16X22:31:08", "2017-11-16T22:31:08 ", "1510871468"}) {
    EXPECT_EQ(ParseTimestamp(wrong, Zone::kNone), std::nullopt) << wrong;
  }
  for (const char* wrong :
       {"2017-11-16T22:31:08", "2017-11-16T22:31:08+", "2017-11-16T22:31:08+19:00", "2017-11-16T22:31:08+00:60",
        "2017-11-16T22:31:08+0:00", "2017-11-16T22:31:08Z0", "2017-11-16T22:31:08+00:"}) {
    EXPECT_EQ(ParseTimestamp(wrong, Zone::kRequired), std::nullopt) << wrong;
  }
}

// Text of the usual form is read by words, with a small "t" byte by byte.
TEST(CivilTimeTest, ReadsUsualTimestampsLikeAnyOther) {
  std::mt19937 random(1);
  const std::string_view signs = "0123456789-:.TtZ +/\xFF";
  int parsed = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = FormatDate(static_cast<int64_t>(random() % 3'000'000) - 500'000) + "T" +
                       FormatTimeOfDay(static_cast<int64_t>(random() % 86'400) * 1'000'000 + random() % 1'000'000);
    if (random() % 2 == 0) text.resize(random() % (text.size() + 1));
    if (!text.empty() && random() % 2 == 0) text[random() % text.size()] = signs[random() % signs.size()];
    if (random() % 2 == 0) text += 'Z';
    std::string small = text;
    if (small.size() > 10 && small[10] == 'T') small[10] = 't';
    for (const Zone zone : {Zone::kNone, Zone::kRequired}) {
      const auto micros = ParseTimestamp(text, zone);
      ASSERT_EQ(micros, ParseTimestamp(small, zone)) << text;
      ASSERT_EQ(ParseTimestamp(text, zone, TimeUnit::kNanos), ParseTimestamp(small, zone, TimeUnit::kNanos)) << text;
      parsed += micros ? 1 : 0;
    }
  }
  EXPECT_GT(parsed, 20'000);
}

TEST(CivilTimeTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(ParseTimestamp("2262-04-11T23:47:16.854775807", Zone::kNone, TimeUnit::kNanos),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseTimestamp("2262-04-11T23:47:16.854775808", Zone::kNone, TimeUnit::kNanos), std::nullopt);
  EXPECT_EQ(ParseTimestamp("1677-09-21T00:12:43.145224192", Zone::kNone, TimeUnit::kNanos),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(ParseTimestamp("1677-09-21T00:12:43.145224191", Zone::kNone, TimeUnit::kNanos), std::nullopt);
  EXPECT_EQ(ParseTimestamp("+5881580-07-11T00:00:00", Zone::kNone), std::nullopt);
}

TEST(CivilTimeTest, Formats) {
  EXPECT_EQ(FormatDate(17486), "2017-11-16");
  EXPECT_EQ(FormatDate(-1), "1969-12-31");
  EXPECT_EQ(FormatDate(-719'529), "-0001-12-31");
  EXPECT_EQ(FormatTimeOfDay(81'068'123'456), "22:31:08.123456");
  EXPECT_EQ(FormatTimeOfDay(81'068'100'000), "22:31:08.1");
  EXPECT_EQ(FormatTimeOfDay(0), "00:00:00");
  EXPECT_EQ(FormatTimestamp(1'510'871'468'000'001, Zone::kNone), "2017-11-16T22:31:08.000001");
  EXPECT_EQ(FormatTimestamp(1'510'871'468'000'000, Zone::kRequired), "2017-11-16T22:31:08+00:00");
  EXPECT_EQ(FormatTimestamp(-1, Zone::kNone, TimeUnit::kNanos), "1969-12-31T23:59:59.999999999");
  for (const int64_t end : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(ParseTimestamp(FormatTimestamp(end, Zone::kNone), Zone::kNone), end);
    EXPECT_EQ(ParseTimestamp(FormatTimestamp(end, Zone::kRequired), Zone::kRequired), end);
    EXPECT_EQ(ParseTimestamp(FormatTimestamp(end, Zone::kNone, TimeUnit::kNanos), Zone::kNone, TimeUnit::kNanos), end);
  }
}

TEST(CivilTimeTest, Floors) {
  EXPECT_EQ(FloorDiv(-1, 10), -1);
  EXPECT_EQ(FloorDiv(-10, 10), -1);
  EXPECT_EQ(FloorDiv(-11, 10), -2);
  EXPECT_EQ(FloorDiv(9, 10), 0);
  EXPECT_EQ(FloorMod(-1, 10), 9);
  EXPECT_EQ(FloorMod(-10, 10), 0);
}

}  // namespace
}  // namespace frazil
