#include "ops/stored_errors.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "decode/error_rows.h"
#include "iceberg/snapshot_manifests.h"

namespace frazil::ops {
namespace {

using arrow::internal::checked_cast;

// A record that owns its bytes. nullopt stands for null.
struct OwnedRecord {
  int64_t offset = 0;
  int64_t timestamp_ms = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;

  size_t bytes() const {
    size_t sum = sizeof(OwnedRecord) + key.value_or("").size() + value.value_or("").size();
    for (const auto& [name, text] : headers) sum += name.size() + text.value_or("").size();
    return sum;
  }
};

// Reads records from rows in the Arrow form of the errors table's schema.
class Rows {
 public:
  explicit Rows(const arrow::RecordBatch& rows)
      : positions_(rows),
        offsets_(Column<arrow::Int64Array>(rows, "offset")),
        timestamps_(Column<arrow::TimestampArray>(rows, "timestamp")),
        keys_(Column<arrow::BinaryArray>(rows, "key")),
        values_(Column<arrow::BinaryArray>(rows, "value")),
        headers_(Column<arrow::ListArray>(rows, "headers")) {}

  std::optional<StoredError> At(int64_t row) const { return positions_.At(row); }

  OwnedRecord RecordAt(int64_t row) const {
    OwnedRecord record;
    record.offset = offsets_.Value(row);
    if (timestamps_.IsValid(row)) record.timestamp_ms = timestamps_.Value(row) / 1000;
    if (keys_.IsValid(row)) record.key = keys_.GetString(row);
    if (values_.IsValid(row)) record.value = values_.GetString(row);
    if (headers_.IsNull(row)) return record;
    const auto& entries = checked_cast<const arrow::StructArray&>(*headers_.values());
    const auto& names = checked_cast<const arrow::StringArray&>(*entries.field(0));
    const auto& texts = checked_cast<const arrow::BinaryArray&>(*entries.field(1));
    for (int64_t i = headers_.value_offset(row); i < headers_.value_offset(row) + headers_.value_length(row); ++i) {
      record.headers.emplace_back(names.GetString(i),
                                  texts.IsValid(i) ? std::optional(texts.GetString(i)) : std::nullopt);
    }
    return record;
  }

 private:
  template <class Array>
  static const Array& Column(const arrow::RecordBatch& rows, const std::string& name) {
    return checked_cast<const Array&>(*rows.GetColumnByName(name));
  }

  const ErrorPositions positions_;
  const arrow::Int64Array& offsets_;
  const arrow::TimestampArray& timestamps_;
  const arrow::BinaryArray& keys_;
  const arrow::BinaryArray& values_;
  const arrow::ListArray& headers_;
};

// Packs records, sorted by offset, into a batch with one block of memory.
record::RecordBatch Pack(const record::TopicPartition& source, const std::vector<OwnedRecord>& records) {
  record::RecordBatch batch;
  batch.source = source;
  batch.first = records.front().offset;
  batch.next = records.back().offset + 1;
  size_t size = record::kSpareBytes;
  for (const OwnedRecord& record : records) size += record.bytes();
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(size);
  const auto put = [&](const std::optional<std::string>& text) {
    if (!text) return std::string_view();
    const char* const begin = bytes->data() + bytes->size();  // stays valid, because enough was reserved
    bytes->append(*text);
    return std::string_view(begin, text->size());
  };
  for (const OwnedRecord& record : records) {
    record::RecordView& view = batch.records.emplace_back();
    view.offset = record.offset;
    view.timestamp_ms = record.timestamp_ms;
    view.key = put(record.key);
    view.value = put(record.value);
    view.first_header = static_cast<uint32_t>(batch.headers.size());
    view.header_count = static_cast<uint32_t>(record.headers.size());
    for (const auto& [name, text] : record.headers) batch.headers.push_back({put(name), put(text)});
  }
  bytes->append(record::kSpareBytes, '\0');
  batch.byte_count = bytes->size();
  batch.bytes = std::move(bytes);
  return batch;
}

Status CheckMarkedSchema(const iceberg::Schema& schema) {
  FRAZIL_RETURN_IF_ERROR(decode::CheckErrorSchema(schema));
  for (const auto& [name, kind] : {std::pair(kReplayedAt, iceberg::TypeKind::kTimestampTz),
                                   std::pair(kReplayedSnapshot, iceberg::TypeKind::kLong)}) {
    const iceberg::Field* field = schema.FindByName(name);
    if (field != nullptr && field->type->kind() == kind) continue;
    return Fail(ErrorKind::kInvalidArgument, "its column '{}' was taken away, or is of another type", name);
  }
  return {};
}

}  // namespace

Result<std::vector<iceberg::DataFile>> FilesOfErrors(const catalog::LoadedTable& table) {
  FRAZIL_RETURN_IF_ERROR(CheckMarkedSchema(*table.metadata->schema()));
  std::vector<iceberg::DataFile> files;
  const iceberg::Snapshot* head = table.metadata->RefHead(iceberg::kMainBranch);
  if (head == nullptr) return files;
  int64_t deletes = 0;
  FRAZIL_RETURN_IF_ERROR(
      iceberg::VisitLiveEntries(*head, *table.io, [&](const iceberg::ManifestEntry& entry) -> Status {
        if (entry.data_file.content == iceberg::FileContent::kData) {
          files.push_back(entry.data_file);
        } else {
          ++deletes;
        }
        return {};
      }));
  if (deletes > 0) {
    return Fail(ErrorKind::kUnsupported,
                "{} delete files take rows out when it is read, and they are not looked at: have an engine compact it "
                "first (Spark: CALL system.rewrite_data_files with 'delete-file-threshold' 1)",
                deletes);
  }
  return files;
}

Status VisitErrors(const catalog::LoadedTable& table, const VisitError& visit) {
  FRAZIL_ASSIGN_OR_RETURN(const auto files, FilesOfErrors(table));
  for (const iceberg::DataFile& file : files) {
    FRAZIL_ASSIGN_OR_RETURN(const ErrorsFile opened, ErrorsFile::Open(table, file.file_path));
    FRAZIL_RETURN_IF_ERROR(opened.Visit(visit));
  }
  return {};
}

Result<std::vector<record::RecordBatch>> ReadErrors(const catalog::LoadedTable& table, int64_t most_bytes,
                                                    const WantError& want) {
  FRAZIL_ASSIGN_OR_RETURN(const auto files, FilesOfErrors(table));
  std::map<record::TopicPartition, std::vector<OwnedRecord>> found;
  int64_t bytes = 0;
  for (const iceberg::DataFile& file : files) {
    if (bytes >= most_bytes) break;
    FRAZIL_ASSIGN_OR_RETURN(const ErrorsFile opened, ErrorsFile::Open(table, file.file_path));
    FRAZIL_RETURN_IF_ERROR(opened.ReadRows([&](const arrow::RecordBatch& some) -> Status {
      const Rows rows(some);
      for (int64_t row = 0; row < some.num_rows() && bytes < most_bytes; ++row) {
        const auto error = rows.At(row);
        if (!error || !want(*error)) continue;
        auto& records = found[error->source];
        records.push_back(rows.RecordAt(row));
        bytes += static_cast<int64_t>(records.back().bytes());
      }
      return {};
    }));
  }
  std::vector<record::RecordBatch> batches;
  for (auto& [source, records] : found) {
    std::sort(records.begin(), records.end(),
              [](const OwnedRecord& a, const OwnedRecord& b) { return a.offset < b.offset; });
    batches.push_back(Pack(source, records));
  }
  return batches;
}

}  // namespace frazil::ops
