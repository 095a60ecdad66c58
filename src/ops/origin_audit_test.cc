#include "ops/origin_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace frazil::ops {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A pipeline of which one partition has 20 rows in 0..25.
class OriginAuditTest : public testing::Test {
 protected:
  OriginAuditTest() {
    table::OffsetAccount account{"p", "t", table::StoredState{}, {}, {}};
    account.partitions[0].stretches = {{0, 25, {20, 0, 0, 0, 5}, nullptr}};
    account.partitions[0].stands_at = 25;
    accounts_.list.push_back(account);
  }

  void AddFile(const std::string& path, const std::vector<record::RowOrigin>& origins,
               const iceberg::Literal& partition = int32_t{0}) {
    LiveFile file;
    file.path = path;
    file.partition = {partition};
    FileFooter footer{"p", record::RowOrigins()};
    for (const auto& origin : origins) {
      file.rows += origin.rows;
      footer.origins->Add(origin);
    }
    files_.push_back(file);
    footers_.push_back(footer);
  }
  static record::RowOrigin Rows(int64_t first, int64_t next, int64_t rows) { return {{"t", 0}, first, next, rows}; }

  std::vector<std::string> Kinds(bool kept = true) {
    findings_.clear();
    audit_ = AuditOrigins(files_, footers_, accounts_, kept, findings_);
    std::vector<std::string> kinds;
    for (const auto& finding : findings_) kinds.emplace_back(ToString(finding.kind));
    return kinds;
  }

  table::OffsetAccounts accounts_;
  std::vector<LiveFile> files_;
  std::vector<std::optional<FileFooter>> footers_;
  table::Findings findings_;
  OriginAudit audit_;
};

TEST_F(OriginAuditTest, TheZerosAreTwoPartitionsAndNaNIsOne) {
  AddFile("a", {Rows(0, 25, 8)}, 0.0);
  AddFile("b", {Rows(0, 25, 5)}, -0.0);
  AddFile("c", {Rows(0, 25, 4)}, std::nan(""));
  AddFile("d", {Rows(0, 25, 3)}, 1.0);
  EXPECT_THAT(Kinds(), IsEmpty());
  AddFile("e", {Rows(0, 25, 0)}, std::nan(""));
  EXPECT_THAT(Kinds(), ElementsAre("overlap"));
}

TEST_F(OriginAuditTest, FilesThatHoldAllRowsProveThem) {
  AddFile("a", {Rows(0, 10, 4)}, 1);
  AddFile("b", {Rows(0, 10, 5), Rows(15, 25, 6)}, 2);
  AddFile("c", {Rows(10, 15, 5)}, 2);
  EXPECT_THAT(Kinds(), IsEmpty());
  EXPECT_THAT(audit_.proved, ElementsAre(&accounts_.list[0]));
  EXPECT_EQ(audit_.files, 3);
}

TEST_F(OriginAuditTest, RowsThatAreNotThere) {
  AddFile("a", {Rows(0, 10, 10)});
  EXPECT_THAT(Kinds(/*kept=*/true), ElementsAre("missing-offset"));
  EXPECT_THAT(Kinds(/*kept=*/false), IsEmpty()) << "others may have rewritten them";
  EXPECT_THAT(audit_.proved, IsEmpty());
}

TEST_F(OriginAuditTest, RowsThatMayBeInAFileOfAnOlderVersion) {
  AddFile("a", {Rows(0, 10, 10)});
  AddFile("b", {});
  footers_.back()->origins.reset();
  EXPECT_THAT(Kinds(/*kept=*/true), IsEmpty());
  EXPECT_THAT(audit_.proved, IsEmpty());
}

TEST_F(OriginAuditTest, TheSameRowsInTwoFiles) {
  AddFile("a", {Rows(0, 25, 20)});
  AddFile("b", {Rows(20, 25, 5)});
  EXPECT_THAT(Kinds(), ElementsAre("overlap", "wrong-count"));
  EXPECT_THAT(findings_[0].what, HasSubstr("offsets 20 to 24 are in two files of one table partition: a and b"));
}

TEST_F(OriginAuditTest, AStretchInsideALongOneDoesNotHideTheNext) {
  AddFile("a", {Rows(0, 25, 14)});
  AddFile("b", {Rows(2, 3, 1)});
  AddFile("c", {Rows(10, 15, 5)});
  EXPECT_THAT(Kinds(), ElementsAre("overlap", "overlap"));
}

TEST_F(OriginAuditTest, RowsThatNobodyAccountsFor) {
  AddFile("a", {Rows(0, 25, 20)});
  AddFile("b", {Rows(25, 30, 0)});
  EXPECT_THAT(Kinds(), ElementsAre("wrong-count"));
  EXPECT_THAT(findings_[0].what, HasSubstr("only for those below 25"));
}

TEST_F(OriginAuditTest, AFooterThatDoesNotFitItsManifest) {
  AddFile("a", {Rows(0, 25, 20)});
  files_[0].rows = 21;
  EXPECT_THAT(Kinds(), ElementsAre("wrong-count"));
}

}  // namespace
}  // namespace frazil::ops
