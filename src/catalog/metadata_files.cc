#include "catalog/metadata_files.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>

#include "common/log.h"
#include "common/random.h"
#include "iceberg/location_provider.h"
#include "iceberg/metadata_json.h"
#include "io/confined_file_io.h"
#include "io/file_io.h"
#include "io/gzip.h"
#include "io/location.h"

namespace frazil::catalog {
namespace {

constexpr std::string_view kSuffix = ".metadata.json";

// The name without folder and suffix: "00003-<uuid>.gz" of ".../00003-<uuid>.gz.metadata.json".
std::string StemOf(const std::string& location) {
  std::string name = location.substr(location.rfind('/') + 1);
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return name;
}

}  // namespace

int MetadataVersion(const std::string& location) {
  const std::string name = location.substr(location.rfind('/') + 1);
  const auto dash = name.find('-');
  if (dash == std::string::npos || dash == 0 || dash > 9) return -1;
  if (!std::all_of(name.begin(), name.begin() + static_cast<ptrdiff_t>(dash),
                   [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return -1;
  }
  return std::atoi(name.c_str());
}

Result<iceberg::TableMetadataPtr> ReadMetadataFile(io::FileIo& io, const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(location));
  auto metadata = iceberg::ParseTableMetadata(bytes);
  if (!metadata) return Wrap(metadata.error(), location);
  return metadata;
}

Result<std::string> WriteMetadataFile(io::FileIo& io, const iceberg::TableMetadata& metadata,
                                      const std::string& previous_location) {
  const std::string codec = metadata.Property("write.metadata.compression-codec", "none");
  const bool gzip = codec == "gzip" || codec == "GZIP";
  if (!gzip && codec != "none" && codec != "NONE") {
    return Fail(ErrorKind::kInvalidArgument,
                "the table's write.metadata.compression-codec is '{}': Iceberg knows none and gzip", codec);
  }
  const int version = previous_location.empty() ? 0 : MetadataVersion(previous_location) + 1;
  const std::string name = fmt::format("{:05}-{}{}{}", version, RandomUuid(), gzip ? ".gz" : "", kSuffix);
  std::string location = iceberg::LocationProvider(metadata).MetadataFile(name);
  const std::string json = iceberg::WriteTableMetadata(metadata);
  const std::string bytes = gzip ? io::Gzip(json) : json;
  FRAZIL_RETURN_IF_ERROR(io.WriteAll(location, bytes));
  FRAZIL_RETURN_IF_ERROR(io.CheckStored(location, static_cast<int64_t>(bytes.size())));
  return location;
}

void WriteVersionHint(io::FileIo& io, const iceberg::TableMetadata& metadata, const std::string& metadata_location) {
  if (metadata.Property(kVersionHintProperty, "true") == "false") return;
  const std::string directory = io::StripTrailingSlashes(metadata.location) + "/metadata";
  // Java writes one local path in two ways, file:/x and file:///x.
  const auto plain = [](const std::string& location) { return io::LocalPathOf(location).value_or(location); };
  if (plain(metadata_location.substr(0, metadata_location.rfind('/'))) != plain(directory)) return;
  const std::string hint = directory + "/version-hint.text";
  if (const Status written = io.Replace(hint, StemOf(metadata_location)); !written) {
    log::debug("no version hint: {}", written.error().message);
  }
}

void DeleteDroppedMetadataFiles(io::FileIo& io, const iceberg::TableMetadata& base,
                                const iceberg::TableMetadata& committed, const std::string& metadata_location) {
  if (committed.Property("write.metadata.delete-after-commit.enabled", "false") != "true") return;
  // One location may be written in several ways.
  const auto plain = [](const std::string& location) { return io::PlainLocation(location).value_or(location); };
  std::set<std::string> kept{plain(metadata_location)};
  for (const auto& entry : committed.metadata_log) kept.insert(plain(entry.metadata_file));
  for (const auto& entry : base.metadata_log) {
    const std::string& file = entry.metadata_file;
    const bool named_so = file.ends_with(kSuffix) || file.ends_with(".metadata.json.gz");
    if (!named_so || kept.contains(plain(file))) continue;
    if (const Status deleted = io.Delete(file); !deleted) {
      log::debug("an old metadata file stays: {}", deleted.error().message);
    }
  }
}

}  // namespace frazil::catalog
