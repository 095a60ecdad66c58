#include "table/finding.h"

#include <algorithm>
#include <tuple>

namespace frazil::table {

std::string_view ToString(FindingKind kind) {
  switch (kind) {
    case FindingKind::kDoubledFile:
      return "doubled-file";
    case FindingKind::kMissingFile:
      return "missing-file";
    case FindingKind::kWrongSize:
      return "wrong-size";
    case FindingKind::kUnreadableFile:
      return "unreadable-file";
    case FindingKind::kWrongColumns:
      return "wrong-columns";
    case FindingKind::kWrongStatistics:
      return "wrong-statistics";
    case FindingKind::kWrongPartition:
      return "wrong-partition";
    case FindingKind::kManifestDisagrees:
      return "manifest-disagrees";
    case FindingKind::kGap:
      return "gap";
    case FindingKind::kOverlap:
      return "overlap";
    case FindingKind::kWrongCount:
      return "wrong-count";
    case FindingKind::kWrongPosition:
      return "wrong-position";
    case FindingKind::kUncommitted:
      return "uncommitted-offsets";
    case FindingKind::kLostOffsets:
      return "lost-offsets";
    case FindingKind::kCopiedTable:
      return "copied-table";
    case FindingKind::kRolledBack:
      return "rolled-back";
    case FindingKind::kDoubledOffset:
      return "doubled-offset";
    case FindingKind::kMissingOffset:
      return "missing-offset";
    case FindingKind::kTopicDiffers:
      return "topic-differs";
    case FindingKind::kDeletedRows:
      return "deleted-rows";
    case FindingKind::kForeignCommit:
      return "foreign-commit";
    case FindingKind::kUnloadableSchema:
      return "unloadable-schema";
  }
  return "?";
}

void Sort(Findings& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.kind, a.where, a.what) < std::tie(b.kind, b.where, b.what);
  });
}

}  // namespace frazil::table
