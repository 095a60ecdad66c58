#include "app/progress_line.h"

#include <gtest/gtest.h>

namespace frazil::app {
namespace {

using std::chrono::seconds;

ProgressView View() {
  ProgressView view;
  view.name = "weather";
  view.records_per_sec = 45678.4;
  view.bytes_per_sec = 3.42e6;
  view.lag = 12345;
  view.rows = 1234567;
  view.since_commit = seconds(3);
  return view;
}

TEST(ProgressTextTest, Whole) {
  EXPECT_EQ(ProgressText(View(), 120),
            "weather: 45,678 records/s (3.4 MB/s), lag 12,345, 1,234,567 rows committed, last 3 s ago");
  ProgressView nothing;
  nothing.name = "weather";
  EXPECT_EQ(ProgressText(nothing, 120), "weather: 0 records/s (0.0 MB/s), lag unknown, nothing committed yet");
}

TEST(ProgressTextTest, InANarrowTerminal) {
  EXPECT_EQ(ProgressText(View(), 80), "weather: 45,678 records/s, lag 12,345, 1,234,567 rows committed, last 3 s ago");
  EXPECT_EQ(ProgressText(View(), 20), "weather: 45,678 rec…");
  ProgressView view = View();
  view.name = "größe";
  EXPECT_EQ(ProgressText(view, 5), "größ…");
  EXPECT_EQ(ProgressText(view, 3), "gr…");
}

TEST(ProgressTextTest, NumbersAndAges) {
  ProgressView view = View();
  view.lag = 999;
  view.rows = 1000;
  view.since_commit = seconds(119);
  EXPECT_EQ(ProgressText(view, 80), "weather: 45,678 records/s, lag 999, 1,000 rows committed, last 119 s ago");
  view.since_commit = seconds(120);
  EXPECT_TRUE(ProgressText(view, 80).ends_with("last 2 min ago"));
  view.since_commit = seconds(7200);
  EXPECT_TRUE(ProgressText(view, 80).ends_with("last 2 h ago"));
}

}  // namespace
}  // namespace frazil::app
