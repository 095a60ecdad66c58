#include "iceberg/snapshot_summary.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "iceberg/manifest_packing.h"
#include "iceberg/partition_spec.h"

namespace frazil::iceberg {
namespace {

struct Sums {
  int64_t data_files = 0;
  int64_t records = 0;
  int64_t bytes = 0;
  int64_t delete_files = 0;
  int64_t position_delete_files = 0;
  int64_t vectors = 0;
  int64_t position_deletes = 0;
  int64_t equality_delete_files = 0;
  int64_t equality_deletes = 0;

  void Add(const DataFile& file) {
    bytes += file.content_size_in_bytes.value_or(file.file_size_in_bytes);
    if (file.content == FileContent::kData) {
      ++data_files;
      records += file.record_count;
      return;
    }
    ++delete_files;
    if (file.content == FileContent::kEqualityDeletes) {
      ++equality_delete_files;
      equality_deletes += file.record_count;
    } else {
      ++(file.content_offset ? vectors : position_delete_files);
      position_deletes += file.record_count;
    }
  }
};

struct Count {
  int64_t Sums::*value;
  const char* added;
  const char* removed;
  const char* total;  // nullptr: none is kept
};
constexpr std::array<Count, 9> kCounts = {{
    {&Sums::data_files, "added-data-files", "deleted-data-files", "total-data-files"},
    {&Sums::records, "added-records", "deleted-records", "total-records"},
    {&Sums::bytes, "added-files-size", "removed-files-size", "total-files-size"},
    {&Sums::delete_files, "added-delete-files", "removed-delete-files", "total-delete-files"},
    {&Sums::position_delete_files, "added-position-delete-files", "removed-position-delete-files", nullptr},
    {&Sums::vectors, "added-dvs", "removed-dvs", nullptr},
    {&Sums::position_deletes, "added-position-deletes", "removed-position-deletes", "total-position-deletes"},
    {&Sums::equality_delete_files, "added-equality-delete-files", "removed-equality-delete-files", nullptr},
    {&Sums::equality_deletes, "added-equality-deletes", "removed-equality-deletes", "total-equality-deletes"},
}};

}  // namespace

std::map<std::string, std::string> SummaryOfFiles(const FileDelta& delta, const std::vector<DataFile>& gone,
                                                  const Snapshot* parent) {
  Sums added, removed;
  std::set<std::string> partitions;
  const auto sum_up = [&](const std::vector<DataFile>& files, Sums& sums) {
    for (const DataFile& file : files) {
      sums.Add(file);
      partitions.insert(PartitionKey(file.spec_id, file.partition));
    }
  };
  sum_up(delta.added, added);
  sum_up(gone, removed);

  std::map<std::string, std::string> summary;
  summary["operation"] = delta.operation();
  summary["changed-partition-count"] = std::to_string(partitions.size());
  for (const Count& count : kCounts) {
    const int64_t plus = added.*count.value;
    const int64_t minus = removed.*count.value;
    if (plus > 0) summary[count.added] = std::to_string(plus);
    if (minus > 0 && delta.surplus.empty()) summary[count.removed] = std::to_string(minus);
    if (count.total == nullptr) continue;
    // A total can be updated only if the parent has it.
    const auto before = parent == nullptr ? std::optional<int64_t>(0) : ParseTotal(parent->summary, count.total);
    if (before) summary[count.total] = std::to_string(std::max<int64_t>(*before + plus - minus, 0));
  }
  return summary;
}

}  // namespace frazil::iceberg
