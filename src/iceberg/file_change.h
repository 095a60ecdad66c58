// Changes of the files of a branch: which files are added and removed. This is computed again for each base on which a
// commit is tried.
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

// Identifies one file of a branch. Several deletion vectors may share one Puffin file; they differ in `content_offset`.
struct FileKey {
  std::string path;
  std::optional<int64_t> content_offset = {};
  auto operator<=>(const FileKey&) const = default;  // NOLINT(modernize-use-nullptr): it complains about generated code
};
inline FileKey KeyOf(const DataFile& file) { return {file.file_path, file.content_offset}; }

// The data files and delete files that are added and removed, for one base.
struct FileDelta {
  std::vector<DataFile> added;
  // A delete file that belongs to one data file alone is removed with it, and is not listed here.
  std::set<FileKey> removed;
  // For files that are listed in the branch more than once: removes all entries but one. The removed entries are not
  // marked as deleted, because expiry deletes every file that a snapshot marks so.
  std::set<FileKey> surplus;
  // The data sequence number of the added files; nullopt: the commit's own. Rewritten rows keep their number, so that
  // newer deletes still apply to them.
  std::optional<int64_t> data_sequence_number;
  bool same_rows = false;                      // the added files hold the same rows as the removed ones
  std::map<std::string, std::string> summary;  // further entries of the snapshot's summary

  // The operation as the reference implementation names it (BaseRowDelta): append, delete, overwrite, or replace if the
  // rows stay the same.
  std::string operation() const;
};

// The base of a change.
struct ChangeBase {
  const TableMetadata& table;
  const Snapshot* head;                        // the branch's head; null if it has no snapshot
  const std::vector<ManifestFile>& manifests;  // the head's manifests
  io::FileIo& io;
};

// One change, over all tries of its commit. Not thread-safe.
class FileChange {
 public:
  virtual ~FileChange() = default;

  // Computes the files to add and remove on this base. The result is valid until the next call. kFenced if the change
  // is no longer right for the base.
  virtual Result<const FileDelta*> On(const ChangeBase& base) = 0;
  // False if the snapshot changes no files.
  virtual bool has_files() const = 0;
};
using FileChangePtr = std::unique_ptr<FileChange>;

FileChangePtr NoFiles();
FileChangePtr AppendFiles(std::vector<DataFile> files);
// Replaces `removed` by `added`. kFenced if data files are to be replaced while the branch has delete files, because
// those may refer to the old files.
FileChangePtr OverwriteFiles(std::set<FileKey> removed, std::vector<DataFile> added);
// Replaces everything in the partitions of `added`, which are data files of one spec. If the spec has no fields, the
// whole table is replaced. If `added` is empty, nothing is removed. The summary says how many rows are replaced
// (kSummaryReplaced).
//
// kInvalidArgument if another writer has added files there after sequence number `since`; files in `own` do not count.
// Also kInvalidArgument if there are files of other specs, because it is unknown to which partitions their rows belong.
// `live` follows the branch from change to change.
FileChangePtr ReplacePartitions(std::vector<DataFile> added, int64_t since, std::shared_ptr<LiveFiles> live,
                                std::set<std::string> own = {});
constexpr std::string_view kSummaryReplaced = "frazil.replaced";
// Each of `files` is listed in the branch more than once. Removes all entries but one.
FileChangePtr RemoveSurplus(std::set<FileKey> files);

}  // namespace frazil::iceberg
