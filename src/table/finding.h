// Findings: what is wrong with a table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace frazil::table {

enum class FindingKind : uint8_t {
  kDoubledFile,        // a data file is listed twice, so its rows count twice
  kMissingFile,        // a listed file does not exist
  kWrongSize,          // a file has another size than its manifest says
  kUnreadableFile,     // a file exists but cannot be read
  kWrongColumns,       // readers cannot find or read a file's columns
  kWrongStatistics,    // wrong counts or bounds, which make readers skip rows
  kWrongPartition,     // a file has rows that do not belong to its partition
  kManifestDisagrees,  // manifest, manifest list, summary and metadata contradict each other
  kGap,                // offsets that no commit covers
  kOverlap,            // offsets that two commits, or two files, cover
  kWrongCount,         // the number of rows differs from a count
  kWrongPosition,      // a pipeline's stored position is before the end of its commits
  kUncommitted,        // offsets that a pipeline counts as done, but that no commit of the branch has
  kLostOffsets,        // the table lacks the offsets of a pipeline that has commits
  kCopiedTable,        // the stored offsets belong to another table
  kRolledBack,         // the commit that wrote the offsets is not in the branch's history
  kDoubledOffset,      // several rows have the same offset
  kMissingOffset,      // fewer rows than were committed
  kTopicDiffers,       // the topic differs from what the table accounts for
  kDeletedRows,        // delete files remove rows, although only pipelines should write
  kForeignCommit,      // another program made a commit, although only pipelines should write
  kUnloadableSchema,   // other engines cannot load the schema, and so not the table
};
std::string_view ToString(FindingKind kind);  // "doubled-file", …

// One finding. The texts are for people.
struct Finding {
  FindingKind kind = FindingKind::kUnreadableFile;
  std::string where;   // "topic t, partition 3", "snapshot 4711", a location
  std::string what;    // what is wrong there
  std::string advice;  // what to do
};
using Findings = std::vector<Finding>;
// Sorts by kind and place.
void Sort(Findings& findings);

}  // namespace frazil::table
