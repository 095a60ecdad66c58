#include "table/commit_verdict.h"

#include <gtest/gtest.h>

namespace frazil::table {
namespace {

using Kind = Verdict::Kind;

Error Of(ErrorKind kind) { return {kind, "why"}; }

TEST(TryJudge, TellsWhatIsWorthAnotherTry) {
  TryJudge judge;
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kCommitConflict), 1).kind, Kind::kMoved);
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kCommitUnknown), 1).kind, Kind::kUnheard);
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kUnavailable), 1).kind, Kind::kUnheard);
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kInvalidArgument), 1).kind, Kind::kOver);
  EXPECT_EQ(TryJudge::OfLoad(Of(ErrorKind::kNotFound)).kind, Kind::kOver);
}

TEST(TryJudge, WhatLooksFencedIsJudgedOnAnotherBaseOnce) {
  TryJudge judge;
  const Verdict first = judge.OfTry(Of(ErrorKind::kFenced), 7);
  EXPECT_EQ(first.kind, Kind::kMoved);
  EXPECT_EQ(first.error.message, "the table moved on: why");
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kFenced), 8).kind, Kind::kOver);
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kFenced), 9).kind, Kind::kOver);
}

TEST(TryJudge, ALostFileIsBelievedOnTheSameBase) {
  TryJudge judge;
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kNotFound), 7).kind, Kind::kMoved);
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kNotFound), 8).kind, Kind::kMoved);
  EXPECT_EQ(judge.OfTry(Of(ErrorKind::kNotFound), 8).kind, Kind::kOver);
}

}  // namespace
}  // namespace frazil::table
