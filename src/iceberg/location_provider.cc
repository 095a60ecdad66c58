#include "iceberg/location_provider.h"

#include <fmt/core.h>

#include "common/hash.h"

namespace frazil::iceberg {
namespace {

std::string WithoutTrailingSlash(std::string location) {
  while (location.size() > 1 && location.ends_with('/') && !location.ends_with("://")) location.pop_back();
  return location;
}

// The first of these properties that is set, else `otherwise`.
std::string FirstSet(const TableMetadata& metadata, std::initializer_list<std::string_view> keys,
                     const std::string& otherwise) {
  for (const auto key : keys) {
    std::string value = metadata.Property(key, "");
    if (!value.empty()) return WithoutTrailingSlash(std::move(value));
  }
  return otherwise;
}

// The last two names of a location, "db/table" of "s3://bucket/db/table": they keep tables apart that share a data
// path.
std::string LastTwoNames(const std::string& location) {
  const auto last = location.rfind('/');
  if (last == std::string::npos || last == 0) return location.substr(last == 0 ? 1 : 0);
  const auto before = location.rfind('/', last - 1);
  return before == std::string::npos ? location : location.substr(before + 1);
}

// Twenty bits of the name's hash as "0110/1010/0010/11101000", so that an object store spreads the load.
std::string HashDirectories(std::string_view name) {
  const uint32_t hash = Murmur3(name);
  return fmt::format("{:04b}/{:04b}/{:04b}/{:08b}", (hash >> 16) & 15, (hash >> 12) & 15, (hash >> 8) & 15, hash & 255);
}

}  // namespace

LocationProvider::LocationProvider(const TableMetadata& metadata)
    : object_storage_(metadata.Property("write.object-storage.enabled", "false") == "true"),
      partitioned_paths_(metadata.Property("write.object-storage.partitioned-paths", "true") == "true") {
  const std::string table = WithoutTrailingSlash(metadata.location);
  metadata_ = FirstSet(metadata, {"write.metadata.path"}, table + "/metadata");
  // The last two are older names that tables still carry.
  data_ = object_storage_
              ? FirstSet(metadata, {"write.data.path", "write.object-storage.path", "write.folder-storage.path"},
                         table + "/data")
              : FirstSet(metadata, {"write.data.path", "write.folder-storage.path"}, table + "/data");
  if (object_storage_ && !data_.starts_with(table)) context_ = LastTwoNames(table);
}

std::string LocationProvider::DataFile(const std::string& partition_path, const std::string& file_name) const {
  const std::string path = partition_path.empty() ? file_name : partition_path + "/" + file_name;
  if (!object_storage_) return data_ + "/" + path;
  const std::string& name = partitioned_paths_ ? path : file_name;
  const std::string prefix = data_ + "/" + HashDirectories(name);
  if (!context_.empty()) return fmt::format("{}/{}/{}", prefix, context_, name);
  return prefix + (partitioned_paths_ ? "/" : "-") + name;
}

std::string LocationProvider::MetadataFile(const std::string& file_name) const { return metadata_ + "/" + file_name; }

}  // namespace frazil::iceberg
