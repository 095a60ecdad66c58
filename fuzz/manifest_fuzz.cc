// Manifests and manifest lists: every input is read as both.
#include <string_view>

#include "fuzz.h"
#include "iceberg/manifest.h"

namespace frazil {
namespace {

using namespace iceberg;

ManifestContext Partitioned() {
  const std::pair<TypePtr, const char*> columns[] = {
      {Type::Primitive(TypeKind::kBoolean), "identity"},
      {Type::Primitive(TypeKind::kLong), "identity"},
      {Type::Primitive(TypeKind::kFloat), "identity"},
      {Type::Primitive(TypeKind::kDouble), "identity"},
      {Type::Decimal(38, 2), "identity"},
      {Type::Primitive(TypeKind::kTimestampTz), "day"},
      {Type::Primitive(TypeKind::kUuid), "identity"},
      {Type::Primitive(TypeKind::kString), "truncate[3]"},
  };
  std::vector<Field> fields;
  PartitionSpec spec;
  spec.spec_id = 1;
  for (const auto& [type, transform] : columns) {
    const auto id = static_cast<int32_t>(fields.size() + 1);
    fields.push_back({.id = id, .name = "c." + std::to_string(id), .type = type});
    spec.fields.push_back({id, 1000 + id, "p." + std::to_string(id), Transform::Parse(transform)});
  }
  ManifestContext context;
  context.schema = std::make_shared<const Schema>(1, fields);
  context.spec = std::make_shared<const PartitionSpec>(spec);
  context.snapshot_id = 3;
  return context;
}

ManifestEntry Entry(const ManifestContext& context, const std::vector<Literal>& partition) {
  ManifestEntry entry;
  DataFile& file = entry.data_file;
  file.spec_id = context.spec->spec_id;
  file.file_path = "s3://bucket/file.parquet";
  file.partition = partition;
  file.record_count = 10;
  file.file_size_in_bytes = 1000;
  file.column_sizes = {{1, 100}, {2, 200}};
  file.value_counts = file.null_value_counts = file.nan_value_counts = file.column_sizes;
  file.lower_bounds = file.upper_bounds = {{1, std::string(1, '\0')}, {2, "abcdefgh"}};
  file.key_metadata = "key";
  file.split_offsets = {4, 1000};
  file.equality_ids = {1, 2};
  file.sort_order_id = 0;
  file.referenced_data_file = "data.parquet";
  return entry;
}

std::string ManifestSeed(ManifestContext context, int32_t version, const std::vector<Literal>& partition) {
  context.format_version = version;
  ManifestEntry added = Entry(context, partition);
  ManifestEntry existing = Entry(context, std::vector<Literal>(partition.size()));
  existing.status = EntryStatus::kExisting;
  existing.snapshot_id = existing.sequence_number = existing.file_sequence_number = 2;
  if (version == 3) {
    existing.data_file.first_row_id = existing.data_file.content_offset = existing.data_file.content_size_in_bytes = 5;
  }
  const auto written = WriteManifest(context, {added, existing});
  fuzz::Check(written.has_value(), "a seed manifest can be written");
  return written->bytes;
}

std::string ListSeed(int32_t version, const std::string& codec) {
  ManifestFile file;
  file.manifest_path = "s3://bucket/manifest.avro";
  file.manifest_length = 5000;
  file.sequence_number = 7;
  file.min_sequence_number = 2;
  file.partitions = {{true, false, "a", "b"}, {false, std::nullopt, std::nullopt, std::nullopt}};
  file.key_metadata = "key";
  file.first_row_id = 100;
  const auto bytes = WriteManifestList({version, 3, 2, 9, codec}, {file, file});
  fuzz::Check(bytes.has_value(), "a seed list can be written");
  return *bytes;
}

}  // namespace

std::vector<std::string> fuzz::Seeds() {
  ManifestContext partitioned = Partitioned();
  const std::vector<Literal> partition = {
      true, int64_t{1} << 40, 1.5F, -0.25, Int128{-12345}, int32_t{20000}, std::string(16, 'u'), std::string("abc")};
  std::vector<std::string> seeds;
  for (const char* codec : {"uncompressed", "gzip", "zstd", "snappy"}) {
    partitioned.codec = codec;
    for (const int32_t version : {2, 3}) {
      seeds.push_back(ManifestSeed(partitioned, version, partition));
      seeds.push_back(ListSeed(version, codec));
    }
  }
  ManifestContext plain = partitioned;
  plain.codec = "uncompressed";
  plain.spec = std::make_shared<const PartitionSpec>();
  seeds.push_back(ManifestSeed(plain, 2, {}));
  return seeds;
}

}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  frazil::iceberg::ManifestFile file;
  file.manifest_path = "manifest.avro";
  file.sequence_number = 9;
  file.first_row_id = 1000;
  (void)frazil::iceberg::ReadManifest(input, file);
  if (auto manifests = frazil::iceberg::ReadManifestList(input)) {
    // What was read can be written again, unless a v1 list told no counts or ids and numbers contradict each other.
    const size_t count = manifests->size();
    if (const auto bytes =
            frazil::iceberg::WriteManifestList({3, 1, std::nullopt, 9, "uncompressed"}, *std::move(manifests))) {
      const auto again = frazil::iceberg::ReadManifestList(*bytes);
      frazil::fuzz::Check(again.has_value() && again->size() == count, "a written list holds what was read");
    }
  }
  return 0;
}
