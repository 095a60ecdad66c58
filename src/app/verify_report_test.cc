#include "app/verify_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace frazil::app {
namespace {

const catalog::TableIdent kIdent{{"db"}, "events"};

ops::VerifyReport SomeReport() {
  ops::VerifyReport report;
  report.table_uuid = "u";
  report.snapshot_id = 4711;
  report.snapshots = 2;
  report.manifests = 2;
  report.files = 1;
  report.rows = 1234570;
  ops::AccountReport account{"main", {"p", "t", table::StoredState{}, {}, {}}, 1, ops::Proof::kByOffset, {}};
  account.account.partitions[0].stretches = {{0, 1000, {990, 0, 0, 0, 10}, nullptr}};
  account.account.partitions[0].stands_at = 1000;
  report.accounts.push_back(account);
  return report;
}

TEST(VerifyReport, OfASoundTable) {
  ops::VerifyReport report = SomeReport();
  report.history_from_ms = 0;
  report.accounts[0].topic = ops::TopicAudit{1000, 990, 0, false};
  report.others.push_back({"spark 3.5.1", 3, 1, 200, 0});
  report.unproved.emplace_back("One thing cannot be told");
  const auto json = VerifyJson(kIdent, report);
  EXPECT_EQ(json["sound"], true);
  EXPECT_EQ(json["accounts"][0]["proof"], "offset");
  EXPECT_EQ(VerifyText(json),
            "db.events: 2 snapshots, 1 data file, 1,234,570 rows; history from 1970-01-01T00:00:00.000Z on\n"
            "\n"
            "pipeline p, topic t: proved offset by offset\n"
            "  1 partition, 1,000 offsets: 990 rows, 10 gaps\n"
            "  1 commit in the history; of the 1,000 offsets before them, the totals are kept\n"
            "  1,000 offsets of the topic read again: 990 records\n"
            "\n"
            "others, who are not part of the proof\n"
            "  spark 3.5.1: 3 commits, 1 rewrite that kept all rows, 200 rows added, 0 removed\n"
            "\n"
            "not proved\n"
            "  One thing cannot be told\n"
            "\n"
            "db.events is sound\n");
}

TEST(VerifyReport, OfADamagedTable) {
  ops::VerifyReport report = SomeReport();
  report.accounts[0].proof = ops::Proof::kNone;
  report.findings.push_back(
      {table::FindingKind::kGap, "topic t, partition 0", "offsets 3 to 5 are in no commit", "mend it"});
  const auto json = VerifyJson(kIdent, report);
  EXPECT_EQ(json["sound"], false);
  EXPECT_EQ(json["findings"][0]["kind"], "gap");
  EXPECT_EQ(json["history_from_ms"], nullptr);
  const std::string text = VerifyText(json);
  EXPECT_NE(text.find("topic t: not proved\n"), std::string::npos) << text;
  EXPECT_TRUE(
      text.ends_with("\nFAIL  gap: topic t, partition 0\n"
                     "      offsets 3 to 5 are in no commit\n"
                     "      mend it\n"
                     "\n"
                     "db.events: 1 problem found\n"))
      << text;
}

TEST(VerifyReport, OfATableThatNobodyFeeds) {
  ops::VerifyReport report = SomeReport();
  report.accounts.clear();
  EXPECT_NE(VerifyText(VerifyJson(kIdent, report)).find("no pipeline keeps offsets in it"), std::string::npos);
}

}  // namespace
}  // namespace frazil::app
