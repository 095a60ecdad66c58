#include "iceberg/file_change.h"

#include <algorithm>
#include <utility>

namespace frazil::iceberg {
namespace {

bool IsData(const DataFile& file) { return file.content == FileContent::kData; }

// A change that is the same on every base.
class FixedChange : public FileChange {
 public:
  explicit FixedChange(FileDelta delta) : delta_(std::move(delta)) {}

  Result<const FileDelta*> On(const ChangeBase& base) override {
    if (!delta_.removed.empty() && !delta_.added.empty()) FRAZIL_RETURN_IF_ERROR(CheckNoDeleteFiles(base));
    return &delta_;
  }

  bool has_files() const override {
    return !delta_.added.empty() || !delta_.removed.empty() || !delta_.surplus.empty();
  }

 private:
  static Status CheckNoDeleteFiles(const ChangeBase& base) {
    const bool any = std::any_of(base.manifests.begin(), base.manifests.end(), [](const ManifestFile& manifest) {
      return manifest.content == ManifestContent::kDeletes && HasLiveFiles(manifest);
    });
    if (!any) return {};
    return Fail(ErrorKind::kFenced,
                "another writer has put delete files into the branch, which may be of files that are to be replaced");
  }

  const FileDelta delta_;
};

FileChangePtr Fixed(FileDelta delta) { return std::make_unique<FixedChange>(std::move(delta)); }

}  // namespace

std::string FileDelta::operation() const {
  const bool comes = !added.empty();
  const bool goes = !removed.empty();
  if (same_rows || (!comes && !goes && !surplus.empty())) return "replace";
  const bool only_deletes = std::none_of(added.begin(), added.end(), IsData);
  if (comes && only_deletes) return "delete";
  if (goes) return comes ? "overwrite" : "delete";
  return std::all_of(added.begin(), added.end(), IsData) ? "append" : "overwrite";
}

FileChangePtr NoFiles() { return Fixed({}); }

FileChangePtr AppendFiles(std::vector<DataFile> files) {
  FileDelta delta;
  delta.added = std::move(files);
  return Fixed(std::move(delta));
}

FileChangePtr OverwriteFiles(std::set<FileKey> removed, std::vector<DataFile> added) {
  FileDelta delta;
  delta.added = std::move(added);
  delta.removed = std::move(removed);
  return Fixed(std::move(delta));
}

FileChangePtr RemoveSurplus(std::set<FileKey> files) {
  FileDelta delta;
  delta.surplus = std::move(files);
  return Fixed(std::move(delta));
}

}  // namespace frazil::iceberg
