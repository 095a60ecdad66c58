#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "avro/binary.h"
#include "avro/container.h"
#include "common/decimal.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_avro.h"
#include "iceberg/manifest_schema.h"
#include "iceberg/schema_json.h"

namespace frazil::iceberg {

namespace {

using avro::BinaryWriter;

// Converts `value` to `type`. Values read under an older schema grow with the column's promotion (spec, "Schema
// Evolution").
Result<Literal> Promoted(const Type& type, const Literal& value) {
  Literal wide = Widen(type, value);
  if (IsOfType(type, wide)) return wide;
  return Fail(ErrorKind::kInvalidArgument, "the value is not of type {}", type.ToString());
}

// `value` must not be null, and must be of `type`.
void WriteLiteral(const Type& type, const Literal& value, BinaryWriter* writer) {
  switch (value.index()) {
    case 1:
      writer->WriteBoolean(std::get<bool>(value));
      return;
    case 2:
      writer->WriteLong(std::get<int32_t>(value));
      return;
    case 3:
      writer->WriteLong(std::get<int64_t>(value));
      return;
    case 4:
      writer->WriteFloat(std::get<float>(value));
      return;
    case 5:
      writer->WriteDouble(std::get<double>(value));
      return;
    case 6: {
      const Int128 unscaled = std::get<Int128>(value);
      const std::string bytes = DecimalToBytes(unscaled);
      const auto size = static_cast<size_t>(DecimalFixedBytes(type.precision()));
      writer->WriteFixed(std::string(size - bytes.size(), unscaled < 0 ? '\xff' : '\0') + bytes);
      return;
    }
    default:
      break;
  }
  const auto& bytes = std::get<std::string>(value);
  if (type.kind() == TypeKind::kFixed || type.kind() == TypeKind::kUuid) {
    writer->WriteFixed(bytes);
  } else {
    writer->WriteBytes(bytes);
  }
}

// The bounds of one partition field over all entries, with deleted ones.
class Summary {
 public:
  explicit Summary(const Type& type)
      : type_(type), floating_(type.kind() == TypeKind::kFloat || type.kind() == TypeKind::kDouble) {}

  void Add(const Literal& value) {
    if (IsNull(value)) {
      contains_null_ = true;
    } else if (IsNan(value)) {
      contains_nan_ = true;
    } else {
      if (IsNull(lower_) || Compare(type_, value, lower_) < 0) lower_ = value;
      if (IsNull(upper_) || Compare(type_, value, upper_) > 0) upper_ = value;
    }
  }

  FieldSummary Get() const {
    FieldSummary summary;
    summary.contains_null = contains_null_;
    if (floating_) summary.contains_nan = contains_nan_;
    if (!IsNull(lower_)) {
      summary.lower_bound = ToBytes(type_, lower_);
      summary.upper_bound = ToBytes(type_, upper_);
    }
    return summary;
  }

 private:
  static bool IsNan(const Literal& value) {
    if (const auto* single = std::get_if<float>(&value)) return std::isnan(*single);
    if (const auto* twice = std::get_if<double>(&value)) return std::isnan(*twice);
    return false;
  }

  const Type& type_;
  bool floating_;
  bool contains_null_ = false;
  bool contains_nan_ = false;
  Literal lower_;
  Literal upper_;
};

void WriteCounts(const std::map<int32_t, int64_t>& counts, BinaryWriter* writer) {
  writer->WriteLong(counts.empty() ? 0 : 1);
  if (counts.empty()) return;
  writer->WriteBlock(counts.size());
  for (const auto& [id, count] : counts) {
    writer->WriteLong(id);
    writer->WriteLong(count);
  }
  writer->EndBlocks();
}

void WriteBounds(const std::map<int32_t, std::string>& bounds, BinaryWriter* writer) {
  writer->WriteLong(bounds.empty() ? 0 : 1);
  if (bounds.empty()) return;
  writer->WriteBlock(bounds.size());
  for (const auto& [id, bound] : bounds) {
    writer->WriteLong(id);
    writer->WriteBytes(bound);
  }
  writer->EndBlocks();
}

template <class Number>
void WriteNumbers(const std::vector<Number>& numbers, BinaryWriter* writer) {
  writer->WriteLong(numbers.empty() ? 0 : 1);
  if (numbers.empty()) return;
  writer->WriteBlock(numbers.size());
  for (const Number number : numbers) writer->WriteLong(number);
  writer->EndBlocks();
}

class ManifestWriter {
 public:
  ManifestWriter(const ManifestContext& context, TypePtr partition_type)
      : context_(context), partition_type_(std::move(partition_type)) {
    for (const Field& field : partition_type_->fields()) summaries_.emplace_back(*field.type);
    file_.partition_spec_id = context.spec->spec_id;
    file_.content = context.content;
    file_.added_snapshot_id = context.snapshot_id;
    file_.sequence_number = kUnassignedSequence;
    file_.min_sequence_number = kUnassignedSequence;
  }

  Result<WrittenManifest> Write(const std::vector<ManifestEntry>& entries) {
    FRAZIL_ASSIGN_OR_RETURN(const std::string schema,
                            ManifestEntryAvroSchema(context_.format_version, *partition_type_));
    FRAZIL_ASSIGN_OR_RETURN(const avro::Codec codec, ManifestCodec(context_.codec));
    FRAZIL_ASSIGN_OR_RETURN(const avro::ContainerMetadata metadata, Metadata());
    avro::ContainerWriter container(schema, metadata, {.codec = codec});
    for (const ManifestEntry& entry : entries) {
      object_.Clear();
      const Status status = WriteEntry(entry);
      if (!status) return Wrap(status.error(), fmt::format("manifest entry of {}", entry.data_file.file_path));
      FRAZIL_RETURN_IF_ERROR(container.Append(object_.bytes()));
    }
    WrittenManifest written;
    FRAZIL_ASSIGN_OR_RETURN(written.bytes, container.Finish());
    file_.manifest_length = static_cast<int64_t>(written.bytes.size());
    for (const Summary& summary : summaries_) file_.partitions.push_back(summary.Get());
    written.file = std::move(file_);
    return written;
  }

 private:
  Result<avro::ContainerMetadata> Metadata() const {
    try {
      return avro::ContainerMetadata{
          {"schema", ToJson(*context_.schema).dump()},
          {"schema-id", std::to_string(context_.schema->schema_id())},
          {"partition-spec", FieldsToJson(*context_.spec).dump()},
          {"partition-spec-id", std::to_string(context_.spec->spec_id)},
          {"format-version", std::to_string(context_.format_version)},
          {"content", context_.content == ManifestContent::kData ? "data" : "deletes"},
      };
    } catch (const nlohmann::json::exception& error) {
      return Fail(ErrorKind::kInvalidArgument, "a name in the schema is not UTF-8: {}", error.what());
    }
  }

  Status Check(const ManifestEntry& entry) const {
    const DataFile& file = entry.data_file;
    if (file.spec_id != context_.spec->spec_id) {
      return Fail(ErrorKind::kInvalidArgument, "it has partition spec {}, its manifest {}", file.spec_id,
                  context_.spec->spec_id);
    }
    if ((file.content == FileContent::kData) != (context_.content == ManifestContent::kData)) {
      return Fail(ErrorKind::kInvalidArgument, "data and delete files cannot share a manifest");
    }
    if (context_.format_version < 3 && (file.first_row_id || file.content_offset || file.content_size_in_bytes)) {
      return Fail(ErrorKind::kInvalidArgument, "row ids and deletion vectors need format version 3");
    }
    // Only added entries inherit from this commit (spec, "Sequence Number Inheritance").
    if (entry.status == EntryStatus::kAdded) {
      if (entry.file_sequence_number || entry.snapshot_id.value_or(context_.snapshot_id) != context_.snapshot_id) {
        return Fail(ErrorKind::kInvalidArgument,
                    "an added file belongs to another commit; make its entry an existing one");
      }
    } else if (!entry.sequence_number || !entry.file_sequence_number) {
      return Fail(ErrorKind::kInvalidArgument, "an existing or deleted entry needs both of its sequence numbers");
    } else if (entry.status == EntryStatus::kExisting && !entry.snapshot_id) {
      return Fail(ErrorKind::kInvalidArgument, "an existing entry needs the snapshot id that added it");
    }
    return {};
  }

  void Count(const ManifestEntry& entry) {
    const int64_t rows = entry.data_file.record_count;
    switch (entry.status) {
      case EntryStatus::kAdded:
        ++file_.added_files_count;
        file_.added_rows_count += rows;
        break;
      case EntryStatus::kExisting:
        ++file_.existing_files_count;
        file_.existing_rows_count += rows;
        break;
      case EntryStatus::kDeleted:
        ++file_.deleted_files_count;
        file_.deleted_rows_count += rows;
        return;  // not live: it holds back no sequence number
    }
    if (entry.sequence_number &&
        (file_.min_sequence_number == kUnassignedSequence || *entry.sequence_number < file_.min_sequence_number)) {
      file_.min_sequence_number = *entry.sequence_number;
    }
  }

  Status WriteEntry(const ManifestEntry& entry) {
    FRAZIL_RETURN_IF_ERROR(Check(entry));
    Count(entry);
    object_.WriteLong(static_cast<int32_t>(entry.status));
    WriteOptionalLong(entry.snapshot_id ? entry.snapshot_id : context_.snapshot_id, &object_);
    WriteOptionalLong(entry.sequence_number, &object_);
    WriteOptionalLong(entry.file_sequence_number, &object_);
    return WriteDataFile(entry.data_file);
  }

  Status WriteDataFile(const DataFile& file) {
    object_.WriteLong(static_cast<int32_t>(file.content));
    object_.WriteBytes(file.file_path);
    object_.WriteBytes(file.file_format);
    FRAZIL_RETURN_IF_ERROR(WritePartition(file.partition));
    object_.WriteLong(file.record_count);
    object_.WriteLong(file.file_size_in_bytes);
    WriteCounts(file.column_sizes, &object_);
    WriteCounts(file.value_counts, &object_);
    WriteCounts(file.null_value_counts, &object_);
    WriteCounts(file.nan_value_counts, &object_);
    WriteBounds(file.lower_bounds, &object_);
    WriteBounds(file.upper_bounds, &object_);
    WriteOptionalBytes(file.key_metadata, &object_);
    WriteNumbers(file.split_offsets, &object_);
    WriteNumbers(file.equality_ids, &object_);
    WriteOptionalLong(file.sort_order_id, &object_);
    if (context_.format_version >= 3) WriteOptionalLong(file.first_row_id, &object_);
    WriteOptionalBytes(file.referenced_data_file, &object_);
    if (context_.format_version >= 3) {
      WriteOptionalLong(file.content_offset, &object_);
      WriteOptionalLong(file.content_size_in_bytes, &object_);
    }
    return {};
  }

  Status WritePartition(const std::vector<Literal>& partition) {
    const std::vector<Field>& fields = partition_type_->fields();
    if (partition.size() != fields.size()) {
      return Fail(ErrorKind::kInvalidArgument, "it has {} partition values and its spec {} fields", partition.size(),
                  fields.size());
    }
    for (size_t i = 0; i < fields.size(); ++i) {
      if (IsNull(partition[i])) {
        summaries_[i].Add(partition[i]);
        // A field of type unknown is written as null, without a union.
        if (fields[i].type->kind() != TypeKind::kUnknown) object_.WriteLong(0);
        continue;
      }
      const Result<Literal> value = Promoted(*fields[i].type, partition[i]);
      if (!value) return Wrap(value.error(), fmt::format("partition field \"{}\"", fields[i].name));
      summaries_[i].Add(*value);
      object_.WriteLong(1);
      WriteLiteral(*fields[i].type, *value, &object_);
    }
    return {};
  }

  const ManifestContext& context_;
  TypePtr partition_type_;
  std::vector<Summary> summaries_;
  ManifestFile file_;
  BinaryWriter object_;
};

}  // namespace

Result<WrittenManifest> WriteManifest(const ManifestContext& context, const std::vector<ManifestEntry>& entries) {
  FRAZIL_RETURN_IF_ERROR(CheckWritable(context.format_version));
  FRAZIL_ASSIGN_OR_RETURN(TypePtr partition_type, context.spec->PartitionType(*context.schema));
  return ManifestWriter(context, std::move(partition_type)).Write(entries);
}

}  // namespace frazil::iceberg
