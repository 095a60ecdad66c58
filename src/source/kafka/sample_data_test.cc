#include "source/kafka/sample_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace frazil::source::kafka {
namespace {

using ::testing::MatchesRegex;

std::string Record(SampleKind kind, uint64_t seed, int64_t index) {
  std::string out;
  SampleData(kind, seed).Append(index, out);
  return out;
}

TEST(SampleData, HasTheShapesOfItsKinds) {
  for (int64_t index : {0, 1, 499, 500, 12'000, 999'999, 100'000'000}) {
    EXPECT_THAT(Record(SampleKind::kWeather, 1, index),
                MatchesRegex(R"re(\{"city": "[A-Z][a-z]+", "temperature": "[2-9][0-9]\.[0-9][0-9]", )re"
                             R"re("ts": "2026-01-08-[0-2][0-9]"\})re"));
    EXPECT_THAT(
        Record(SampleKind::kSensor, 1, index),
        MatchesRegex(R"re(\{"sensor_id":"sensor-00[0-9][0-9]","timestamp":"2026-01-[01][0-9]T[0-9:]{8}\.[0-9]{3}",)re"
                     R"re("reading":[0-9]+\.[0-9]+\})re"));
    EXPECT_THAT(Record(SampleKind::kTransactions, 1, index),
                MatchesRegex(R"re(\{"user_id":"user-[0-9]{5}","transaction_amount":[0-9]+\.[0-9]+,)re"
                             R"re("event_time":"2026-[0-9-]{5}T[0-9:]{8}\.[0-9]{3}"\})re"));
  }
  EXPECT_THAT(Record(SampleKind::kSensor, 1, 3'723'004), ::testing::HasSubstr("2026-01-08T01:02:03.004"));
  EXPECT_THAT(Record(SampleKind::kWeather, 1, 500), ::testing::HasSubstr("2026-01-08-01"));
}

TEST(SampleData, IsTheSameForTheSameSeedAndIndexOnly) {
  for (auto kind : {SampleKind::kWeather, SampleKind::kSensor, SampleKind::kTransactions}) {
    EXPECT_EQ(Record(kind, 7, 42), Record(kind, 7, 42));
    std::set<std::string> seen;
    for (uint64_t seed = 0; seed < 10; ++seed) {
      for (int64_t index = 0; index < 10; ++index) seen.insert(Record(kind, seed, index));
    }
    EXPECT_GE(seen.size(), 99u);
  }
}

TEST(SampleData, AppendsToWhatIsThere) {
  std::string out = "x";
  SampleData(SampleKind::kSensor, 1).Append(0, out);
  EXPECT_EQ(out.substr(0, 2), "x{");
}

TEST(SampleData, KnowsItsKindsByName) {
  EXPECT_EQ(ParseSampleKind("weather"), SampleKind::kWeather);
  EXPECT_EQ(ParseSampleKind("transactions"), SampleKind::kTransactions);
  EXPECT_FALSE(ParseSampleKind("whether"));
}

}  // namespace
}  // namespace frazil::source::kafka
