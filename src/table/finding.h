// What is found wrong with a table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frazil::table {

enum class FindingKind : uint8_t {
  kDoubledFile,        // referenced twice: its rows are there twice
  kMissingFile,        // referenced, and not there
  kWrongSize,          // there with another size than the manifest says
  kUnreadableFile,     // there, and not what it should be
  kWrongColumns,       // readers cannot tell or read its columns
  kWrongStatistics,    // counts or bounds by which readers leave rows out
  kWrongPartition,     // rows that are not of the partition their file is said to be in
  kManifestDisagrees,  // manifest, manifest list, summary and metadata do not say the same
  kGap,                // offsets that no commit accounts for
  kOverlap,            // offsets that two commits, or two files, account for
  kWrongCount,         // rows and counts do not fit
  kWrongPosition,      // a pipeline is said to stand before what it has committed
  kUncommitted,        // offsets that a pipeline counts as done, and that no commit of the branch holds
  kLostOffsets,        // the table no longer says where a pipeline stands
  kCopiedTable,        // the offsets in it are those of another table
  kRolledBack,         // the commit that the offsets stand for is not in the branch's history
  kDoubledOffset,      // rows of one offset more than once
  kMissingOffset,      // fewer rows than were accounted for
  kTopicDiffers,       // the topic holds something else than the table accounts for
  kDeletedRows,        // that delete files take out, where nobody else is to write
  kForeignCommit,      // of another writer, where there should be none
  kUnloadableSchema,   // a schema that other engines do not load, and the table with it
};
std::string_view ToString(FindingKind kind);  // "doubled-file", …

// The texts are for people.
struct Finding {
  FindingKind kind = FindingKind::kUnreadableFile;
  std::string where;   // "topic t, partition 3", "snapshot 4711", a location
  std::string what;    // what is wrong there, and how that shows
  std::string advice;  // what to do
};
using Findings = std::vector<Finding>;
// By kind and place.
void Sort(Findings& findings);

}  // namespace frazil::table
