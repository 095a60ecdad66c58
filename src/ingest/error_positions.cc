#include "ingest/error_positions.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>

#include <vector>

#include "iceberg/literal.h"
#include "iceberg/manifest.h"
#include "iceberg/snapshot_manifests.h"
#include "parquet/data_file_reader.h"

namespace frazil::ingest {
namespace {

using arrow::internal::checked_cast;

class Search {
 public:
  Search(const catalog::LoadedTable& table, const record::TopicPartition& source, int64_t first, int64_t next)
      : table_(table), source_(source), first_(first), next_(next) {
    for (const char* name : {"topic", "partition", "offset"}) {
      ids_.push_back(table.metadata->schema()->FindByName(name)->id);
    }
  }

  Result<std::set<int64_t>> Run() {
    const iceberg::Snapshot* head = table_.metadata->RefHead(iceberg::kMainBranch);
    if (head == nullptr) return std::set<int64_t>();
    FRAZIL_RETURN_IF_ERROR(
        iceberg::VisitLiveEntries(*head, *table_.io, [&](const iceberg::ManifestEntry& entry) -> Status {
          const iceberg::DataFile& file = entry.data_file;
          return file.content == iceberg::FileContent::kData ? Read(file.file_path) : Status();
        }));
    return std::move(found_);
  }

 private:
  Status Read(const std::string& path) {
    FRAZIL_ASSIGN_OR_RETURN(auto input, table_.io->Open(path));
    FRAZIL_ASSIGN_OR_RETURN(const auto reader, parquet::OpenDataFileReader(std::move(input), path));
    for (const int32_t id : ids_) {
      if (!reader->HasColumn(id)) return {};  // another writer's
    }
    return reader->ReadColumns(ids_, [&](const arrow::RecordBatch& rows) -> Status {
      const bool as_expected = rows.column(0)->type_id() == arrow::Type::STRING &&
                               rows.column(1)->type_id() == arrow::Type::INT32 &&
                               rows.column(2)->type_id() == arrow::Type::INT64;
      if (!as_expected) return Fail(ErrorKind::kCorrupt, "{}: its columns have other types than its table", path);
      const auto& topics = checked_cast<const arrow::StringArray&>(*rows.column(0));
      const auto& partitions = checked_cast<const arrow::Int32Array&>(*rows.column(1));
      const auto& offsets = checked_cast<const arrow::Int64Array&>(*rows.column(2));
      for (int64_t i = 0; i < rows.num_rows(); ++i) {
        if (topics.IsNull(i) || partitions.IsNull(i) || offsets.IsNull(i)) continue;
        const int64_t offset = offsets.Value(i);
        if (offset < first_ || offset >= next_ || partitions.Value(i) != source_.partition) continue;
        if (topics.GetView(i) == source_.topic) found_.insert(offset);
      }
      return {};
    });
  }

  const catalog::LoadedTable& table_;
  const record::TopicPartition& source_;
  const int64_t first_;
  const int64_t next_;
  std::vector<int32_t> ids_;
  std::set<int64_t> found_;
};

}  // namespace

Result<std::set<int64_t>> OffsetsInErrorsTable(const catalog::LoadedTable& table, const record::TopicPartition& source,
                                               int64_t first, int64_t next) {
  return Search(table, source, first, next).Run();
}

}  // namespace frazil::ingest
