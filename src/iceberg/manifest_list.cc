#include "avro/container.h"
#include "avro/record_reader.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_avro.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/plausible.h"

namespace frazil::iceberg {

namespace {

using avro::BinaryReader;
using avro::BinaryWriter;
using avro::Node;

constexpr avro::FieldBinding<FieldSummary> kSummaryBindings[] = {
    {509,
     [](const Node& n, BinaryReader& r, FieldSummary& s) { s.contains_null = ReadBooleanOf(n, r, "contains_null"); }},
    {518,
     [](const Node& n, BinaryReader& r, FieldSummary& s) { s.contains_nan = ReadBooleanOf(n, r, "contains_nan"); }},
    {510, [](const Node& n, BinaryReader& r, FieldSummary& s) { s.lower_bound = ReadBytesOf(n, r, "lower_bound"); }},
    {511, [](const Node& n, BinaryReader& r, FieldSummary& s) { s.upper_bound = ReadBytesOf(n, r, "upper_bound"); }},
};

// A missing count is kUnknownCount.
template <int64_t ManifestFile::*kMember>
void ReadRowsInto(const Node& node, BinaryReader& reader, ManifestFile& file) {
  file.*kMember = avro::ReadLongOf(node, reader, "a long of a manifest list");
  if (const Status can = CheckPlausible("a number of rows", file.*kMember, kLargestCount, kUnknownCount); !can) {
    reader.Fail(can.error().message);
  }
}
template <int64_t ManifestFile::*kMember>
void ReadLongInto(const Node& node, BinaryReader& reader, ManifestFile& file) {
  file.*kMember = avro::ReadLongOf(node, reader, "a long of a manifest list");
}
template <int32_t ManifestFile::*kMember>
void ReadIntInto(const Node& node, BinaryReader& reader, ManifestFile& file) {
  file.*kMember = avro::ReadIntOf(node, reader, "an int of a manifest list");
}

constexpr avro::FieldBinding<ManifestFile> kBindings[] = {
    {kManifestPathId,
     [](const Node& n, BinaryReader& r, ManifestFile& f) { f.manifest_path = ReadBytesOf(n, r, "manifest_path"); }},
    {kManifestLengthId,
     [](const Node& n, BinaryReader& r, ManifestFile& f) {
       f.manifest_length = ReadLongOf(n, r, "manifest_length");
       if (const Status can = CheckPlausible("manifest_length", f.manifest_length, kLargestFile); !can) {
         r.Fail(can.error().message);
       }
     }},
    {kManifestSpecId, ReadIntInto<&ManifestFile::partition_spec_id>},
    {517,
     [](const Node& n, BinaryReader& r, ManifestFile& f) {
       const int32_t content = ReadIntOf(n, r, "content");
       if (content < 0 || content > 1) r.Fail(fmt::format("content {} is unknown", content));
       f.content = static_cast<ManifestContent>(content);
     }},
    {515, ReadLongInto<&ManifestFile::sequence_number>},
    {516, ReadLongInto<&ManifestFile::min_sequence_number>},
    {503, ReadLongInto<&ManifestFile::added_snapshot_id>},
    {504, ReadIntInto<&ManifestFile::added_files_count>},
    {505, ReadIntInto<&ManifestFile::existing_files_count>},
    {506, ReadIntInto<&ManifestFile::deleted_files_count>},
    {512, ReadRowsInto<&ManifestFile::added_rows_count>},
    {513, ReadRowsInto<&ManifestFile::existing_rows_count>},
    {514, ReadRowsInto<&ManifestFile::deleted_rows_count>},
    {519, [](const Node& n, BinaryReader& r, ManifestFile& f) { f.key_metadata = ReadBytesOf(n, r, "key_metadata"); }},
    {520, [](const Node& n, BinaryReader& r, ManifestFile& f) { f.first_row_id = ReadLongOf(n, r, "first_row_id"); }},
};
constexpr int32_t kSummariesId = 507;

// The values of missing or null fields.
ManifestFile UnknownManifest() {
  ManifestFile file;
  file.added_files_count = file.existing_files_count = file.deleted_files_count = kUnknownCount;
  file.added_rows_count = file.existing_rows_count = file.deleted_rows_count = kUnknownCount;
  return file;
}

bool HasCounts(const ManifestFile& file) {
  return file.added_files_count >= 0 && file.existing_files_count >= 0 && file.deleted_files_count >= 0 &&
         file.added_rows_count >= 0 && file.existing_rows_count >= 0 && file.deleted_rows_count >= 0;
}

void WriteSummary(const FieldSummary& summary, BinaryWriter* writer) {
  writer->WriteBoolean(summary.contains_null);
  writer->WriteLong(summary.contains_nan ? 1 : 0);
  if (summary.contains_nan) writer->WriteBoolean(*summary.contains_nan);
  WriteOptionalBytes(summary.lower_bound, writer);
  WriteOptionalBytes(summary.upper_bound, writer);
}

void WriteManifestFile(int32_t format_version, const ManifestFile& file, BinaryWriter* writer) {
  writer->WriteBytes(file.manifest_path);
  writer->WriteLong(file.manifest_length);
  writer->WriteLong(file.partition_spec_id);
  writer->WriteLong(static_cast<int32_t>(file.content));
  writer->WriteLong(file.sequence_number);
  writer->WriteLong(file.min_sequence_number);
  writer->WriteLong(file.added_snapshot_id);
  writer->WriteLong(file.added_files_count);
  writer->WriteLong(file.existing_files_count);
  writer->WriteLong(file.deleted_files_count);
  writer->WriteLong(file.added_rows_count);
  writer->WriteLong(file.existing_rows_count);
  writer->WriteLong(file.deleted_rows_count);
  writer->WriteLong(file.partitions.empty() ? 0 : 1);
  if (!file.partitions.empty()) {
    writer->WriteBlock(file.partitions.size());
    for (const FieldSummary& summary : file.partitions) WriteSummary(summary, writer);
    writer->EndBlocks();
  }
  WriteOptionalBytes(file.key_metadata, writer);
  if (format_version >= 3) WriteOptionalLong(file.first_row_id, writer);
}

// Sets the numbers that only this commit knows.
Status Assign(const ManifestListContext& context, ManifestFile* file) {
  if (!HasCounts(*file)) {
    return Fail(ErrorKind::kInvalidArgument, "its counts are unknown, as v1 allowed; rewrite it first");
  }
  if (file->sequence_number == kUnassignedSequence) {
    // A manifest of another commit must have its number already. With our number, its files would seem newer.
    if (file->added_snapshot_id != context.snapshot_id) {
      return Fail(ErrorKind::kInvalidArgument, "it has no sequence number and belongs to snapshot {}, not to {}",
                  file->added_snapshot_id, context.snapshot_id);
    }
    file->sequence_number = context.sequence_number;
  }
  if (file->min_sequence_number == kUnassignedSequence) file->min_sequence_number = file->sequence_number;
  return {};
}

Result<std::vector<ManifestFile>> Read(std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const avro::ContainerReader file, avro::ContainerReader::Open(bytes));
  FRAZIL_RETURN_IF_ERROR(FormatVersion(file));
  const Node& root = file.schema().root();
  FRAZIL_RETURN_IF_ERROR(RequireFields(root, {kManifestPathId, kManifestLengthId, kManifestSpecId}));
  avro::RecordReader<ManifestFile> records(root, kBindings);
  std::optional<avro::RecordReader<FieldSummary>> summaries;
  if (const Node* array = FieldType(root, kSummariesId); array != nullptr) {
    if (array->kind != avro::Kind::kArray || array->items().kind != avro::Kind::kRecord) {
      return Fail(ErrorKind::kCorrupt, "the Avro schema's partitions is no array of records");
    }
    summaries.emplace(array->items(), kSummaryBindings);
    records.Bind(kSummariesId, [&](const Node& node, BinaryReader& reader, ManifestFile& into) {
      avro::ReadArrayOf(node, reader, "partitions",
                        [&](const Node&) { summaries->Read(reader, into.partitions.emplace_back()); });
    });
  }
  std::vector<ManifestFile> manifests;
  FRAZIL_RETURN_IF_ERROR(file.ForEach([&](BinaryReader& reader) {
    manifests.push_back(UnknownManifest());
    records.Read(reader, manifests.back());
  }));
  return manifests;
}

}  // namespace

Result<std::vector<ManifestFile>> ReadManifestList(std::string_view bytes) {
  auto manifests = Read(bytes);
  if (!manifests) return Wrap(manifests.error(), "manifest list");
  return manifests;
}

Result<std::map<std::string, std::string>> ReadManifestListNotes(std::string_view bytes) {
  const auto file = avro::ContainerReader::Open(bytes);
  if (!file) return Wrap(file.error(), "manifest list");
  return std::map<std::string, std::string>(file->metadata().begin(), file->metadata().end());
}

Result<std::string> WriteManifestList(const ManifestListContext& context, std::vector<ManifestFile> manifests) {
  FRAZIL_RETURN_IF_ERROR(CheckWritable(context.format_version));
  FRAZIL_ASSIGN_OR_RETURN(const avro::Codec codec, ManifestCodec(context.codec));
  avro::ContainerMetadata metadata = {
      {"format-version", std::to_string(context.format_version)},
      {"snapshot-id", std::to_string(context.snapshot_id)},
      {"parent-snapshot-id", context.parent_snapshot_id ? std::to_string(*context.parent_snapshot_id) : "null"},
      {"sequence-number", std::to_string(context.sequence_number)},
  };
  metadata.insert(context.notes.begin(), context.notes.end());
  avro::ContainerWriter container(ManifestFileAvroSchema(context.format_version), metadata, {.codec = codec});
  BinaryWriter object;
  for (ManifestFile& file : manifests) {
    const Status status = Assign(context, &file);
    if (!status) return Wrap(status.error(), "manifest " + file.manifest_path);
    object.Clear();
    WriteManifestFile(context.format_version, file, &object);
    FRAZIL_RETURN_IF_ERROR(container.Append(object.bytes()));
  }
  return container.Finish();
}

}  // namespace frazil::iceberg
