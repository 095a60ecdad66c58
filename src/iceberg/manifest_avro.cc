#include "iceberg/manifest_avro.h"

#include <algorithm>
#include <charconv>

#include "common/text/ascii_case.h"

namespace frazil::iceberg {

namespace {
constexpr int32_t kOldestWritten = 2;
constexpr int32_t kNewestKnown = 3;
}  // namespace

Result<avro::Codec> ManifestCodec(std::string_view iceberg_name) {
  const auto is = [&](std::string_view one) { return EqualsIgnoringCase(iceberg_name, one); };
  if (is("gzip") || is("deflate")) return avro::Codec::kDeflate;
  if (is("zstd") || is("zstandard")) return avro::Codec::kZstandard;
  if (is("snappy")) return avro::Codec::kSnappy;
  if (is("uncompressed") || is("null")) return avro::Codec::kNull;
  return Fail(ErrorKind::kInvalidArgument, "manifest codec \"{}\" is none of gzip, zstd, snappy, uncompressed",
              iceberg_name);
}

Status CheckWritable(int32_t format_version) {
  if (format_version >= kOldestWritten && format_version <= kNewestKnown) return {};
  return Fail(ErrorKind::kUnsupported, "manifests are written in format versions {} to {}, not {}", kOldestWritten,
              kNewestKnown, format_version);
}

Result<int32_t> FormatVersion(const avro::ContainerReader& file) {
  const auto it = file.metadata().find("format-version");
  if (it == file.metadata().end()) return 1;
  const std::string& text = it->second;
  int32_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 1) {
    return Fail(ErrorKind::kCorrupt, "format-version \"{}\" is no version", text);
  }
  if (version > kNewestKnown) {
    return Fail(ErrorKind::kUnsupported, "format version {} is newer than {}, the newest this program reads", version,
                kNewestKnown);
  }
  return version;
}

Status RequireFields(const avro::Node& record, std::initializer_list<int32_t> field_ids) {
  for (const int32_t id : field_ids) {
    if (FieldType(record, id) == nullptr) {
      return Fail(ErrorKind::kCorrupt, "the Avro schema's {} {} lacks the field with id {}", ToString(record.kind),
                  record.name, id);
    }
  }
  return {};
}

const avro::Node* FieldType(const avro::Node& record, int32_t field_id) {
  const auto field = std::find_if(record.fields.begin(), record.fields.end(),
                                  [&](const avro::NodeField& f) { return f.field_id == field_id; });
  if (field == record.fields.end()) return nullptr;
  const avro::Node* type = field->type;
  if (type->kind == avro::Kind::kUnion && type->children.size() == 2 && type->null_branch) {
    type = type->children[static_cast<size_t>(1 - *type->null_branch)];
  }
  return type;
}

}  // namespace frazil::iceberg
