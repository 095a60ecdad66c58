#include "ingest/offset_search.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>

#include <algorithm>
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
  Search(const catalog::LoadedTable& table, const OffsetColumns& columns, const record::TopicPartition& source,
         int64_t first, int64_t next)
      : table_(table),
        source_(source),
        first_(first),
        next_(next),
        by_topic_(columns.topic.has_value()),
        ids_({columns.partition, columns.offset}) {
    if (columns.topic) ids_.push_back(*columns.topic);
  }

  Result<FoundOffsets> Run() {
    const iceberg::Snapshot* head = table_.metadata->RefHead(iceberg::kMainBranch);
    if (head == nullptr) return FoundOffsets();
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
    const bool tells = std::all_of(ids_.begin(), ids_.end(), [&](int32_t id) { return reader->HasColumn(id); });
    if (!tells) {
      found_.complete = false;
      return {};
    }
    return reader->ReadColumns(ids_, [&](const arrow::RecordBatch& rows) -> Status {
      const bool as_expected = rows.column(0)->type_id() == arrow::Type::INT32 &&
                               rows.column(1)->type_id() == arrow::Type::INT64 &&
                               (!by_topic_ || rows.column(2)->type_id() == arrow::Type::STRING);
      if (!as_expected) return Fail(ErrorKind::kCorrupt, "{}: its columns have other types than its table", path);
      const auto& partitions = checked_cast<const arrow::Int32Array&>(*rows.column(0));
      const auto& offsets = checked_cast<const arrow::Int64Array&>(*rows.column(1));
      const auto* topics = by_topic_ ? &checked_cast<const arrow::StringArray&>(*rows.column(2)) : nullptr;
      for (int64_t i = 0; i < rows.num_rows(); ++i) {
        if (partitions.IsNull(i) || offsets.IsNull(i) || (by_topic_ && topics->IsNull(i))) {
          found_.complete = false;
          continue;
        }
        const int64_t offset = offsets.Value(i);
        if (offset < first_ || offset >= next_ || partitions.Value(i) != source_.partition) continue;
        if (!by_topic_ || topics->GetView(i) == source_.topic) found_.offsets.insert(offset);
      }
      return {};
    });
  }

  const catalog::LoadedTable& table_;
  const record::TopicPartition& source_;
  const int64_t first_;
  const int64_t next_;
  const bool by_topic_;
  std::vector<int32_t> ids_;
  FoundOffsets found_;
};

}  // namespace

Result<FoundOffsets> FindOffsets(const catalog::LoadedTable& table, const OffsetColumns& columns,
                                 const record::TopicPartition& source, int64_t first, int64_t next) {
  return Search(table, columns, source, first, next).Run();
}

Result<std::set<int64_t>> OffsetsInErrorsTable(const catalog::LoadedTable& table, const record::TopicPartition& source,
                                               int64_t first, int64_t next) {
  const auto id = [&](const char* name) { return table.metadata->schema()->FindByName(name)->id; };
  const OffsetColumns columns{.partition = id("partition"), .offset = id("offset"), .topic = id("topic")};
  FRAZIL_ASSIGN_OR_RETURN(FoundOffsets found, FindOffsets(table, columns, source, first, next));
  return std::move(found.offsets);
}

}  // namespace frazil::ingest
