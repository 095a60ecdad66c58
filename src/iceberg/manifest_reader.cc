#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "avro/container.h"
#include "avro/record_reader.h"
#include "common/decimal.h"
#include "common/text/json.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_avro.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/plausible.h"

namespace frazil::iceberg {

namespace {

using avro::BinaryReader;
using avro::Node;

// Reads a map that is stored as an array of records. Calls value(key, node) when a value is to be read. Null values are
// skipped.
template <class F>
void ReadIdMap(const Node& node, BinaryReader& reader, const MetricMapIds& ids, F value) {
  avro::ReadArrayOf(node, reader, "a metrics map", [&](const Node& item) {
    if (!avro::Expect(item, avro::Kind::kRecord, reader, "an entry of a metrics map")) return;
    int32_t key = 0;
    for (const avro::NodeField& field : item.fields) {
      if (field.field_id != ids.key && field.field_id != ids.value) {
        reader.Skip(*field.type);
      } else if (const Node* type = avro::ReadBranch(*field.type, reader)) {
        if (field.field_id == ids.key) {
          key = avro::ReadIntOf(*type, reader, "a metrics map's key");
        } else {
          value(key, *type);
        }
      }
      if (!reader.ok()) return;
    }
  });
}

template <MetricMapIds kIds, std::map<int32_t, int64_t> DataFile::*kMember>
void ReadCounts(const Node& node, BinaryReader& reader, DataFile& file) {
  auto& counts = file.*kMember;
  ReadIdMap(node, reader, kIds, [&](int32_t key, const Node& type) {
    counts.insert_or_assign(counts.end(), key, avro::ReadLongOf(type, reader, "a metrics map's value"));
  });
}

template <MetricMapIds kIds, std::map<int32_t, std::string> DataFile::*kMember>
void ReadBounds(const Node& node, BinaryReader& reader, DataFile& file) {
  auto& bounds = file.*kMember;
  ReadIdMap(node, reader, kIds, [&](int32_t key, const Node& type) {
    bounds.insert_or_assign(bounds.end(), key, std::string(avro::ReadBytesOf(type, reader, "a bound")));
  });
}

FileContent ReadContent(const Node& node, BinaryReader& reader) {
  const int32_t content = avro::ReadIntOf(node, reader, "content");
  if (content < 0 || content > 2) reader.Fail(fmt::format("content {} is unknown", content));
  return static_cast<FileContent>(content);
}

constexpr avro::FieldBinding<DataFile> kDataFileBindings[] = {
    {134, [](const Node& n, BinaryReader& r, DataFile& f) { f.content = ReadContent(n, r); }},
    {kFilePathId, [](const Node& n, BinaryReader& r, DataFile& f) { f.file_path = ReadBytesOf(n, r, "file_path"); }},
    {kFileFormatId,
     [](const Node& n, BinaryReader& r, DataFile& f) { f.file_format = ReadBytesOf(n, r, "file_format"); }},
    {kRecordCountId,
     [](const Node& n, BinaryReader& r, DataFile& f) {
       f.record_count = ReadLongOf(n, r, "record_count");
       if (const Status can = CheckPlausible("record_count", f.record_count, kLargestCount); !can) {
         r.Fail(can.error().message);
       }
     }},
    {kFileSizeId,
     [](const Node& n, BinaryReader& r, DataFile& f) {
       f.file_size_in_bytes = ReadLongOf(n, r, "file_size_in_bytes");
       if (const Status can = CheckPlausible("file_size_in_bytes", f.file_size_in_bytes, kLargestFile); !can) {
         r.Fail(can.error().message);
       }
     }},
    {kColumnSizes.field, ReadCounts<kColumnSizes, &DataFile::column_sizes>},
    {kValueCounts.field, ReadCounts<kValueCounts, &DataFile::value_counts>},
    {kNullValueCounts.field, ReadCounts<kNullValueCounts, &DataFile::null_value_counts>},
    {kNanValueCounts.field, ReadCounts<kNanValueCounts, &DataFile::nan_value_counts>},
    {kLowerBounds.field, ReadBounds<kLowerBounds, &DataFile::lower_bounds>},
    {kUpperBounds.field, ReadBounds<kUpperBounds, &DataFile::upper_bounds>},
    {131, [](const Node& n, BinaryReader& r, DataFile& f) { f.key_metadata = ReadBytesOf(n, r, "key_metadata"); }},
    {132,
     [](const Node& n, BinaryReader& r, DataFile& f) {
       avro::ReadArrayOf(n, r, "split_offsets",
                         [&](const Node& item) { f.split_offsets.push_back(ReadLongOf(item, r, "a split offset")); });
     }},
    {135,
     [](const Node& n, BinaryReader& r, DataFile& f) {
       avro::ReadArrayOf(n, r, "equality_ids",
                         [&](const Node& item) { f.equality_ids.push_back(ReadIntOf(item, r, "an equality id")); });
     }},
    {140, [](const Node& n, BinaryReader& r, DataFile& f) { f.sort_order_id = ReadIntOf(n, r, "sort_order_id"); }},
    {142, [](const Node& n, BinaryReader& r, DataFile& f) { f.first_row_id = ReadLongOf(n, r, "first_row_id"); }},
    {143, [](const Node& n, BinaryReader& r,
             DataFile& f) { f.referenced_data_file = ReadBytesOf(n, r, "referenced_data_file"); }},
    {144, [](const Node& n, BinaryReader& r, DataFile& f) { f.content_offset = ReadLongOf(n, r, "content_offset"); }},
    {145, [](const Node& n, BinaryReader& r,
             DataFile& f) { f.content_size_in_bytes = ReadLongOf(n, r, "content_size_in_bytes"); }},
};

// The unscaled value of a decimal in bytes or fixed of any length.
Literal ReadDecimal(std::string_view bytes, BinaryReader& reader) {
  // Longer values begin with repeated sign bytes.
  while (bytes.size() > sizeof(Int128) && (bytes[0] == '\0' || bytes[0] == '\xff') &&
         ((bytes[0] ^ bytes[1]) & 0x80) == 0) {
    bytes.remove_prefix(1);
  }
  const std::optional<Int128> unscaled = DecimalFromBytes(bytes);
  if (!unscaled) reader.Fail(fmt::format("a decimal has {} bytes", bytes.size()));
  return unscaled.value_or(0);
}

Literal ReadPartitionValue(const Node& node, BinaryReader& reader) {
  switch (node.kind) {
    case avro::Kind::kBoolean:
      return reader.ReadBoolean();
    case avro::Kind::kInt:
      return reader.ReadInt();
    case avro::Kind::kLong:
      return reader.ReadLong();
    case avro::Kind::kFloat:
      return reader.ReadFloat();
    case avro::Kind::kDouble:
      return reader.ReadDouble();
    default:
      break;
  }
  const std::string_view bytes = avro::ReadBytesOf(node, reader, "a partition value");
  if (reader.ok() && node.logical_type == avro::LogicalType::kDecimal) return ReadDecimal(bytes, reader);
  return std::string(bytes);
}

Result<std::optional<std::vector<PartitionField>>> SpecFieldsOf(const avro::ContainerReader& file) {
  const auto json = file.metadata().find("partition-spec");
  if (json == file.metadata().end()) return std::nullopt;
  const auto parsed = ParseJson(json->second);
  if (!parsed) return Wrap(parsed.error(), "partition fields");
  // The specification demands only the fields here, but some writers store the whole spec.
  FRAZIL_ASSIGN_OR_RETURN(
      auto fields,
      ParsePartitionFields(parsed->is_object() && parsed->contains("fields") ? (*parsed)["fields"] : *parsed));
  return fields;
}

class ManifestReader {
 public:
  explicit ManifestReader(const ManifestFile& manifest) : manifest_(manifest), next_row_id_(manifest.first_row_id) {}

  Result<std::vector<ManifestEntry>> Read(std::string_view bytes) {
    FRAZIL_ASSIGN_OR_RETURN(const avro::ContainerReader file, avro::ContainerReader::Open(bytes));
    FRAZIL_RETURN_IF_ERROR(FormatVersion(file));
    const Node& root = file.schema().root();
    FRAZIL_RETURN_IF_ERROR(RequireFields(root, {kStatusId, kDataFileId}));
    const Node* data_file = FieldType(root, kDataFileId);
    if (data_file->kind != avro::Kind::kRecord)
      return Fail(ErrorKind::kCorrupt, "the Avro schema's data_file is no record");
    FRAZIL_RETURN_IF_ERROR(
        RequireFields(*data_file, {kFilePathId, kFileFormatId, kPartitionId, kRecordCountId, kFileSizeId}));
    FRAZIL_RETURN_IF_ERROR(BindPartition(file, *data_file));

    avro::RecordReader<DataFile> files(*data_file, kDataFileBindings);
    files.Bind(kPartitionId,
               [this](const Node&, BinaryReader& reader, DataFile& into) { ReadPartition(reader, into); });
    avro::RecordReader<ManifestEntry> records(root, kEntryBindings);
    records.Bind(kDataFileId, [&files](const Node&, BinaryReader& reader, ManifestEntry& into) {
      files.Read(reader, into.data_file);
    });
    std::vector<ManifestEntry> entries;
    FRAZIL_RETURN_IF_ERROR(file.ForEach([&](BinaryReader& reader) {
      ManifestEntry& entry = entries.emplace_back();
      records.Read(reader, entry);
      if (reader.ok()) Inherit(entry, reader);
    }));
    return entries;
  }

 private:
  static constexpr avro::FieldBinding<ManifestEntry> kEntryBindings[] = {
      {kStatusId,
       [](const Node& n, BinaryReader& r, ManifestEntry& e) {
         const int32_t status = avro::ReadIntOf(n, r, "status");
         if (status < 0 || status > 2) r.Fail(fmt::format("status {} is unknown", status));
         e.status = static_cast<EntryStatus>(status);
       }},
      {1, [](const Node& n, BinaryReader& r, ManifestEntry& e) { e.snapshot_id = ReadLongOf(n, r, "snapshot_id"); }},
      {3, [](const Node& n, BinaryReader& r,
             ManifestEntry& e) { e.sequence_number = ReadLongOf(n, r, "sequence_number"); }},
      {4, [](const Node& n, BinaryReader& r,
             ManifestEntry& e) { e.file_sequence_number = ReadLongOf(n, r, "file_sequence_number"); }},
  };

  // Maps each field of the Avro partition record, by id, to its index in the manifest's own spec. If the manifest has
  // no spec, its fields are in order.
  Status BindPartition(const avro::ContainerReader& file, const Node& data_file) {
    const Node* record = FieldType(data_file, kPartitionId);
    if (record->kind != avro::Kind::kRecord)
      return Fail(ErrorKind::kCorrupt, "the Avro schema's partition is no record");
    FRAZIL_ASSIGN_OR_RETURN(const auto told, SpecFieldsOf(file));
    const std::vector<PartitionField> spec = told.value_or(std::vector<PartitionField>());
    partition_size_ = told ? spec.size() : record->fields.size();
    for (size_t i = 0; i < record->fields.size(); ++i) {
      const avro::NodeField& field = record->fields[i];
      size_t place = i;
      if (told) {
        const auto it = std::find_if(spec.begin(), spec.end(),
                                     [&](const PartitionField& f) { return f.field_id == field.field_id; });
        place = static_cast<size_t>(it - spec.begin());
      }
      partition_.push_back({field.type, place});
    }
    return {};
  }

  void ReadPartition(BinaryReader& reader, DataFile& file) const {
    file.partition.resize(partition_size_);
    for (const PartitionStep& step : partition_) {
      if (!reader.ok()) return;
      if (step.place >= partition_size_) {
        reader.Skip(*step.type);
      } else if (const Node* type = avro::ReadBranch(*step.type, reader)) {
        file.partition[step.place] = ReadPartitionValue(*type, reader);
      }
    }
  }

  // Spec, "Manifest Entry Fields", "Sequence Number Inheritance" and "First Row ID Inheritance".
  void Inherit(ManifestEntry& entry, BinaryReader& reader) {
    DataFile& file = entry.data_file;
    file.spec_id = manifest_.partition_spec_id;
    if (!entry.snapshot_id) entry.snapshot_id = manifest_.added_snapshot_id;
    // Number 0 means a v1 manifest, in which every entry has 0.
    const int64_t sequence = manifest_.sequence_number;
    if (sequence == 0 || (sequence > 0 && entry.status == EntryStatus::kAdded)) {
      if (!entry.sequence_number) entry.sequence_number = sequence;
      if (!entry.file_sequence_number) entry.file_sequence_number = sequence;
    }
    if (file.content != FileContent::kData || entry.status == EntryStatus::kDeleted || file.first_row_id ||
        !next_row_id_) {
      return;
    }
    file.first_row_id = next_row_id_;
    if (__builtin_add_overflow(*next_row_id_, file.record_count, &*next_row_id_)) {
      reader.Fail("row ids do not fit 64 bits");
    }
  }

  struct PartitionStep {
    const Node* type;
    size_t place;  // in the spec; its size for a field that the spec lacks
  };

  const ManifestFile& manifest_;
  std::optional<int64_t> next_row_id_;
  std::vector<PartitionStep> partition_;
  size_t partition_size_ = 0;
};

// A v1 manifest may lack the id. Then it is the first spec, as in the reference implementation.
Result<int32_t> SpecIdIn(const std::string& path, std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const avro::ContainerReader file, avro::ContainerReader::Open(bytes));
  const auto found = file.metadata().find("partition-spec-id");
  if (found == file.metadata().end()) return 0;
  int32_t id = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, id);
  if (error == std::errc() && stop == end) return id;
  return Fail(ErrorKind::kCorrupt, "manifest {}: partition-spec-id \"{}\" is no number", path, found->second);
}

}  // namespace

Result<std::vector<ManifestEntry>> ReadManifest(std::string_view bytes, const ManifestFile& file) {
  auto entries = ManifestReader(file).Read(bytes);
  if (!entries) return Wrap(entries.error(), "manifest " + file.manifest_path);
  return entries;
}

Result<std::optional<std::vector<PartitionField>>> SpecFieldsIn(std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const avro::ContainerReader file, avro::ContainerReader::Open(bytes));
  return SpecFieldsOf(file);
}

Result<ManifestFile> DescribeManifest(const std::string& path, std::string_view bytes) {
  ManifestFile manifest;
  manifest.manifest_path = path;
  manifest.manifest_length = static_cast<int64_t>(bytes.size());
  FRAZIL_ASSIGN_OR_RETURN(const auto entries, ReadManifest(bytes, manifest));
  FRAZIL_ASSIGN_OR_RETURN(manifest.partition_spec_id, SpecIdIn(path, bytes));
  for (const ManifestEntry& entry : entries) {
    const int64_t rows = entry.data_file.record_count;
    switch (entry.status) {
      case EntryStatus::kAdded:
        ++manifest.added_files_count;
        manifest.added_rows_count += rows;
        break;
      case EntryStatus::kExisting:
        ++manifest.existing_files_count;
        manifest.existing_rows_count += rows;
        break;
      case EntryStatus::kDeleted:
        ++manifest.deleted_files_count;
        manifest.deleted_rows_count += rows;
        break;
    }
    // Entries that are not "existing" belong to the snapshot that wrote the manifest.
    if (manifest.added_snapshot_id == 0 || entry.status != EntryStatus::kExisting) {
      manifest.added_snapshot_id = entry.snapshot_id.value_or(0);
    }
  }
  return manifest;
}

}  // namespace frazil::iceberg
