#include "ops/delete_files.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/text/ascii_case.h"
#include "iceberg/deletion_vector.h"
#include "iceberg/table_metadata.h"
#include "ops/file_audit.h"

namespace frazil::ops {
namespace {

using iceberg::FileContent;
using table::FindingKind;

// Reserved field ids of position-delete files (spec, "Reserved Field IDs").
constexpr int32_t kFilePath = 2147483546;
constexpr int32_t kPosition = 2147483545;

constexpr std::string_view kCompact =
    "readers fail, or take other rows than its writer meant: have the engine that wrote it compact the table from a "
    "snapshot before it";

// A text for the values of one row. Equal values, nulls included, give equal texts.
Result<std::string> KeyOf(const arrow::RecordBatch& rows, int64_t row) {
  std::string key;
  for (const auto& column : rows.columns()) {
    const auto value = column->GetScalar(row);
    if (!value.ok()) return Fail(ErrorKind::kInternal, "a key of deletes: {}", value.status().ToString());
    const std::string text = (*value)->ToString();
    key += fmt::format("{}{}:{}", (*value)->is_valid ? 'v' : 'n', text.size(), text);
  }
  return key;
}

}  // namespace

Status DeleteFiles::Read(const std::vector<LiveFile>& files, const iceberg::TableMetadata& metadata, io::FileIo& io,
                         table::Findings& findings) {
  std::vector<LiveFile> deletes;
  for (const LiveFile& file : files) {
    if (file.content == FileContent::kData) {
      data_.emplace(file.path, &file);
    } else {
      deletes.push_back(file);
    }
  }
  files_ = static_cast<int64_t>(deletes.size());
  for (const auto& spec : metadata.partition_specs) {
    if (spec->unpartitioned()) global_specs_.insert(spec->spec_id);
  }
  // One after another, because they fill the same sets, and there are few of them.
  for (const LiveFile& file : deletes) {
    FRAZIL_RETURN_IF_ERROR(VisitFiles({file}, io, findings, {}, [&](size_t, std::unique_ptr<io::InputFile> opened) {
      return ReadOne(file, std::move(opened), findings);
    }));
  }
  return {};
}

int64_t DeleteFiles::equality_keys() const {
  int64_t keys = 0;
  for (const Equality& each : equality_) keys += static_cast<int64_t>(each.keys.size());
  return keys;
}

Status DeleteFiles::ReadOne(const LiveFile& file, std::unique_ptr<io::InputFile> opened, table::Findings& findings) {
  if (EqualsIgnoringCase(file.format, "puffin")) return ReadVector(file, *opened, findings);
  if (!EqualsIgnoringCase(file.format, "parquet")) {
    return Fail(ErrorKind::kUnsupported, "{}: a delete file of format {} is not read", file.path, file.format);
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto reader, parquet::OpenDataFileReader(std::move(opened), file.path));
  if (reader->rows() != file.rows) {
    findings.push_back({FindingKind::kManifestDisagrees, file.path,
                        fmt::format("it holds {} deletes, its manifest says {}", reader->rows(), file.rows),
                        std::string(kCompact)});
  }
  return file.content == FileContent::kPositionDeletes ? ReadPositions(file, *reader) : ReadKeys(file, *reader);
}

Status DeleteFiles::ReadPositions(const LiveFile& file, parquet::DataFileReader& reader) {
  if (!reader.HasColumn(kFilePath) || !reader.HasColumn(kPosition)) {
    return Fail(ErrorKind::kCorrupt, "{}: a position-delete file without the columns file_path and pos", file.path);
  }
  return reader.ReadColumns({kFilePath, kPosition}, [&](const arrow::RecordBatch& rows) -> Status {
    if (rows.column(0)->type_id() != arrow::Type::STRING || rows.column(1)->type_id() != arrow::Type::INT64) {
      return Fail(ErrorKind::kCorrupt, "{}: file_path is no string, or pos no long", file.path);
    }
    const auto& paths = static_cast<const arrow::StringArray&>(*rows.column(0));
    const auto& positions = static_cast<const arrow::Int64Array&>(*rows.column(1));
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      if (paths.IsNull(row) || positions.IsNull(row)) {
        return Fail(ErrorKind::kCorrupt, "{}: a delete of nothing", file.path);
      }
      Take(paths.GetString(row), positions.Value(row), file.sequence_number);
    }
    return {};
  });
}

Status DeleteFiles::ReadVector(const LiveFile& file, io::InputFile& opened, table::Findings& findings) {
  const iceberg::DataFile& entry = *file.entry;
  if (!entry.referenced_data_file || !entry.content_offset || !entry.content_size_in_bytes) {
    return Fail(ErrorKind::kCorrupt, "{}: a deletion vector whose manifest does not say where it is, and of which file",
                file.path);
  }
  const int64_t offset = *entry.content_offset;
  const int64_t size = *entry.content_size_in_bytes;
  if (offset < 0 || size < 0 || offset > file.size || size > file.size - offset) {
    return Fail(ErrorKind::kCorrupt, "{}: a deletion vector of {} bytes at {} is outside of the file", file.path, size,
                offset);
  }
  std::string blob(static_cast<size_t>(size), '\0');
  FRAZIL_RETURN_IF_ERROR(opened.ReadAt(offset, blob));
  int64_t count = 0;
  const Status read = iceberg::ReadDeletionVector(blob, [&](int64_t position) -> Status {
    ++count;
    Take(*entry.referenced_data_file, position, file.sequence_number);
    return {};
  });
  if (!read) return Wrap(read.error(), file.path);
  if (count == file.rows) return {};
  findings.push_back({FindingKind::kManifestDisagrees, file.path,
                      fmt::format("its deletion vector of {} holds {} positions, its manifest says {}",
                                  *entry.referenced_data_file, count, file.rows),
                      std::string(kCompact)});
  return {};
}

Status DeleteFiles::ReadKeys(const LiveFile& file, parquet::DataFileReader& reader) {
  const std::vector<int32_t>& ids = file.entry->equality_ids;
  const bool all = std::all_of(ids.begin(), ids.end(), [&](int32_t id) { return reader.HasColumn(id); });
  if (ids.empty() || !all) {
    return Fail(ErrorKind::kCorrupt, "{}: an equality-delete file without the columns of its keys", file.path);
  }
  Equality deletes;
  deletes.file = file;
  deletes.global = global_specs_.contains(file.spec_id);
  FRAZIL_RETURN_IF_ERROR(reader.ReadColumns(ids, [&](const arrow::RecordBatch& rows) -> Status {
    for (int64_t row = 0; row < rows.num_rows(); ++row) {
      FRAZIL_ASSIGN_OR_RETURN(std::string key, KeyOf(rows, row));
      deletes.keys.insert(std::move(key));
    }
    return {};
  }));
  equality_.push_back(std::move(deletes));
  return {};
}

void DeleteFiles::Take(const std::string& path, int64_t position, int64_t sequence_number) {
  const auto file = data_.find(path);
  if (file == data_.end() || file->second->sequence_number > sequence_number) return;
  if (position < 0 || position >= file->second->rows) return;
  rows_[path].Insert(position);
}

// True if the equality deletes apply to `file` (spec, "Scan Planning"): the file must be older, and of the same
// partition, unless the deletes are global.
bool DeleteFiles::Concerns(const Equality& deletes, const LiveFile& file) {
  if (file.sequence_number >= deletes.file.sequence_number) return false;
  return deletes.global || iceberg::PartitionKey(file.spec_id, file.partition) ==
                               iceberg::PartitionKey(deletes.file.spec_id, deletes.file.partition);
}

Result<const OffsetSet*> DeleteFiles::DeletedIn(const LiveFile& file, parquet::DataFileReader* reader) {
  for (const Equality& deletes : equality_) {
    if (reader == nullptr || !Concerns(deletes, file)) continue;
    const std::vector<int32_t>& ids = deletes.file.entry->equality_ids;
    // A missing column is null or its default value in all rows. That case is not handled here.
    if (!std::all_of(ids.begin(), ids.end(), [&](int32_t id) { return reader->HasColumn(id); })) continue;
    OffsetSet taken;
    int64_t position = 0;
    FRAZIL_RETURN_IF_ERROR(reader->ReadColumns(ids, [&](const arrow::RecordBatch& rows) -> Status {
      for (int64_t row = 0; row < rows.num_rows(); ++row, ++position) {
        FRAZIL_ASSIGN_OR_RETURN(const std::string key, KeyOf(rows, row));
        if (deletes.keys.contains(key)) taken.Insert(position);
      }
      return {};
    }));
    std::lock_guard lock(mutex_);
    OffsetSet& all = rows_[file.path];
    for (position = 0; position < file.rows; ++position) {
      if (taken.Contains(position)) all.Insert(position);
    }
  }
  std::lock_guard lock(mutex_);
  const auto found = rows_.find(file.path);
  return found == rows_.end() ? nullptr : &found->second;
}

}  // namespace frazil::ops
