#include "iceberg/location_provider.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/hash.h"

namespace frazil::iceberg {
namespace {

std::string WithoutTrailingSlash(std::string location) {
  while (location.size() > 1 && location.ends_with('/') && !location.ends_with("://")) location.pop_back();
  return location;
}

// The value of the first property that is set, else `otherwise`.
std::string FirstSet(const TableMetadata& metadata, std::initializer_list<std::string_view> keys,
                     const std::string& otherwise) {
  for (const auto key : keys) {
    std::string value = metadata.Property(key, "");
    if (!value.empty()) return WithoutTrailingSlash(std::move(value));
  }
  return otherwise;
}

// The last two names of a location: "db/table" of "s3://bucket/db/table". They keep tables apart that share a data
// path.
std::string LastTwoNames(const std::string& location) {
  const auto last = location.rfind('/');
  if (last == std::string::npos || last == 0) return location.substr(last == 0 ? 1 : 0);
  const auto before = location.rfind('/', last - 1);
  return before == std::string::npos ? location : location.substr(before + 1);
}

// Twenty bits of the name's hash as folders, "0110/1010/0010/11101000", so that an object store can distribute the
// load.
std::string HashDirectories(std::string_view name) {
  const uint32_t hash = Murmur3(name);
  return fmt::format("{:04b}/{:04b}/{:04b}/{:08b}", (hash >> 16) & 15, (hash >> 12) & 15, (hash >> 8) & 15, hash & 255);
}

// Local file systems allow 255 bytes for a name (143 if encrypted), and S3 allows 1,024 bytes for a key.
constexpr size_t kLongestPart = 128;
constexpr size_t kLongestLocation = 1000;
constexpr size_t kHashLetters = 9;  // with the sign before it

std::string HashText(std::string_view text) { return fmt::format("-{:08x}", Murmur3(text)); }

// Shortens an encoded text to at most `most` characters and its hash. It never cuts "%2F" in half.
std::string Shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  std::string_view kept = text.substr(0, most - kHashLetters);
  if (const auto percent = kept.find('%', std::max<size_t>(kept.size(), 2) - 2); percent != std::string_view::npos) {
    kept = kept.substr(0, percent);
  }
  return std::string(kept) + HashText(text);
}

// Shortens a partition path to at most `most` characters, with no part longer than a name may be. If there are many
// parts, one hash replaces the last ones.
std::string FittingPath(std::string_view path, size_t most) {
  std::string fitting;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = Shortened(path.substr(begin, end - begin), kLongestPart);
    const size_t for_others = end < path.size() ? 1 + kHashLetters : 0;
    if (fitting.size() + 1 + part.size() + for_others > most) {
      const std::string_view rest = path.substr(begin);
      return fitting + (fitting.empty() ? "" : "/") + HashText(rest).substr(1);
    }
    fitting += (fitting.empty() ? "" : "/") + part;
    begin = end + 1;
  }
  return fitting;
}

}  // namespace

LocationProvider::LocationProvider(const TableMetadata& metadata)
    : object_storage_(metadata.Property("write.object-storage.enabled", "false") == "true"),
      partitioned_paths_(metadata.Property("write.object-storage.partitioned-paths", "true") == "true") {
  const std::string table = WithoutTrailingSlash(metadata.location);
  metadata_ = FirstSet(metadata, {"write.metadata.path"}, table + "/metadata");
  // The last two are older names, which some tables still have.
  data_ = object_storage_
              ? FirstSet(metadata, {"write.data.path", "write.object-storage.path", "write.folder-storage.path"},
                         table + "/data")
              : FirstSet(metadata, {"write.data.path", "write.folder-storage.path"}, table + "/data");
  if (object_storage_ && !data_.starts_with(table)) context_ = LastTwoNames(table);
}

std::string LocationProvider::DataFile(const std::string& partition_path, const std::string& file_name) const {
  // Everything except the partition path: hashed folders take 24 characters, and the context comes on top.
  const size_t taken = data_.size() + 24 + context_.size() + 2 + file_name.size();
  const size_t room = taken + kHashLetters < kLongestLocation ? kLongestLocation - taken : kHashLetters;
  const std::string fitting = FittingPath(partition_path, room);
  const std::string path = fitting.empty() ? file_name : fitting + "/" + file_name;
  if (!object_storage_) return data_ + "/" + path;
  const std::string& name = partitioned_paths_ ? path : file_name;
  const std::string prefix = data_ + "/" + HashDirectories(name);
  if (!context_.empty()) return fmt::format("{}/{}/{}", prefix, context_, name);
  return prefix + (partitioned_paths_ ? "/" : "-") + name;
}

std::string LocationProvider::MetadataFile(const std::string& file_name) const { return metadata_ + "/" + file_name; }

}  // namespace frazil::iceberg
