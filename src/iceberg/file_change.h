// Changes of the files of a branch: which files come and which go, found out anew on each base that a commit is tried
// on.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::iceberg {

class LiveFiles;

// What tells one file of a branch from all others: of the deletion vectors in one Puffin file, their place in it.
struct FileKey {
  std::string path;
  std::optional<int64_t> content_offset = {};
  auto operator<=>(const FileKey&) const = default;  // NOLINT(modernize-use-nullptr): of what the compiler writes
};
inline FileKey KeyOf(const DataFile& file) { return {file.file_path, file.content_offset}; }

// Data files and delete files that come and go, on one base.
struct FileDelta {
  std::vector<DataFile> added;
  // Delete files that name one data file as theirs alone go with it, without being named here.
  std::set<FileKey> removed;
  // Of files that stand in the branch more than once, all entries but one: without a word of it, since expiry deletes
  // every file that a snapshot says it took out.
  std::set<FileKey> surplus;
  // The data sequence number of what comes; none: the commit's own. Rows written anew keep theirs, so that younger
  // deletes still reach them.
  std::optional<int64_t> data_sequence_number;
  bool same_rows = false;                      // what comes holds the rows of what goes
  std::map<std::string, std::string> summary;  // what else the snapshot says of it

  // As the reference names it (BaseRowDelta): append, delete, overwrite; replace where the rows stay the same.
  std::string operation() const;
};

// What a change is made on.
struct ChangeBase {
  const TableMetadata& table;
  const Snapshot* head;                        // of the branch; null: it has no snapshot
  const std::vector<ManifestFile>& manifests;  // of the head
  io::FileIo& io;
};

// One change over all tries of its commit. Not thread-safe.
class FileChange {
 public:
  virtual ~FileChange() = default;

  // The files that are to come and go on this base; good until it is asked again. kFenced where the base has become one
  // that the change is not right for any more.
  virtual Result<const FileDelta*> On(const ChangeBase& base) = 0;
  // False: a snapshot that only says something.
  virtual bool has_files() const = 0;
};
using FileChangePtr = std::unique_ptr<FileChange>;

FileChangePtr NoFiles();
FileChangePtr AppendFiles(std::vector<DataFile> files);
// `added` in the place of what goes. kFenced where something is to come in the place of data files while the branch has
// delete files, which know those and not these.
FileChangePtr OverwriteFiles(std::set<FileKey> removed, std::vector<DataFile> added);
// `added`, data files of one spec, in the place of all that their partitions hold; of the whole table where the spec
// has no field. Nothing goes where nothing comes. The summary says how many rows go (kSummaryReplaced).
//
// What other writers have added there after sequence number `since`, all but the files of `own`, is not replaced
// without a word: kInvalidArgument. So it is where files of other specs are there, of whose rows nobody can say which
// partition they would be in. `live` follows the branch from change to change.
FileChangePtr ReplacePartitions(std::vector<DataFile> added, int64_t since, std::shared_ptr<LiveFiles> live,
                                std::set<std::string> own = {});
constexpr std::string_view kSummaryReplaced = "frazil.replaced";
// Each stands in the branch more than once, and is to stand there once.
FileChangePtr RemoveSurplus(std::set<FileKey> files);

}  // namespace frazil::iceberg
