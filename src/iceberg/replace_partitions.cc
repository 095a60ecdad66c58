#include <fmt/core.h>

#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "iceberg/file_change.h"
#include "iceberg/live_files.h"
#include "iceberg/partition_spec.h"

namespace frazil::iceberg {
namespace {

class ReplacingChange : public FileChange {
 public:
  ReplacingChange(std::vector<DataFile> added, int64_t since, std::shared_ptr<LiveFiles> live,
                  std::set<std::string> own)
      : since_(since), live_(std::move(live)), own_(std::move(own)) {
    delta_.added = std::move(added);
  }

  Result<const FileDelta*> On(const ChangeBase& base) override {
    delta_.removed.clear();
    delta_.summary.clear();
    if (delta_.added.empty()) return &delta_;
    FRAZIL_RETURN_IF_ERROR(live_->Follow(base));
    const int32_t spec_id = delta_.added.front().spec_id;
    const PartitionSpecPtr spec = base.table.FindSpec(spec_id);
    if (spec == nullptr) return Fail(ErrorKind::kInvalidArgument, "there is no partition spec {}", spec_id);
    int64_t rows = 0;
    if (spec->unpartitioned()) {
      FRAZIL_RETURN_IF_ERROR(TakeOut(live_->DataFiles(), rows));
      for (const LiveFilePtr& file : live_->DeleteFiles()) Remove(*file);
    } else {
      FRAZIL_RETURN_IF_ERROR(CheckSpecs(spec_id));
      std::set<std::string> partitions;
      for (const DataFile& file : delta_.added) partitions.insert(PartitionKey(file.spec_id, file.partition));
      for (const std::string& partition : partitions) {
        FRAZIL_RETURN_IF_ERROR(TakeOut(live_->InPartition(partition), rows));
        for (const LiveFilePtr& file : live_->DeletesIn(partition)) Remove(*file);
      }
    }
    delta_.summary[std::string(kSummaryReplaced)] = std::to_string(rows);
    return &delta_;
  }

  bool has_files() const override { return !delta_.added.empty(); }

 private:
  // Delete files that belong to one data file are removed with it.
  Status TakeOut(const std::vector<LiveFilePtr>& files, int64_t& rows) {
    for (const LiveFilePtr& file : files) {
      if (file->sequence_number > since_ && !own_.contains(file->path)) {
        return Fail(ErrorKind::kInvalidArgument,
                    "another writer has added {} with {} rows where this load would replace what is there, after the "
                    "load began: nothing was committed. Start it again to replace these rows too",
                    file->path, file->records);
      }
      rows += file->records;
      Remove(*file);
    }
    return {};
  }

  Status CheckSpecs(int32_t spec_id) const {
    for (const LiveFilePtr& file : live_->DataFiles()) {
      if (file->spec_id == spec_id) continue;
      return Fail(ErrorKind::kInvalidArgument,
                  "data file {} was written under partition spec {}, and the load under {}: which of its rows the load "
                  "would replace can not be told from files. Rewrite the table's older files first (in Spark: CALL "
                  "system.rewrite_data_files), or load into a new table",
                  file->path, file->spec_id, spec_id);
    }
    return {};
  }

  void Remove(const LiveFile& file) { delta_.removed.insert({file.path, file.content_offset}); }

  const int64_t since_;
  const std::shared_ptr<LiveFiles> live_;
  const std::set<std::string> own_;
  FileDelta delta_;
};

}  // namespace

FileChangePtr ReplacePartitions(std::vector<DataFile> added, int64_t since, std::shared_ptr<LiveFiles> live,
                                std::set<std::string> own) {
  return std::make_unique<ReplacingChange>(std::move(added), since, std::move(live), std::move(own));
}

}  // namespace frazil::iceberg
