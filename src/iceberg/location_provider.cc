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

// What local file systems take is 255 bytes for a name (143 where it is encrypted), and S3 1,024 for a whole key.
constexpr size_t kLongestPart = 128;
constexpr size_t kLongestLocation = 1000;
constexpr size_t kHashLetters = 9;  // with the sign before it

std::string HashText(std::string_view text) { return fmt::format("-{:08x}", Murmur3(text)); }

// At most `most` letters of an encoded text and its hash; never half of "%2F".
std::string Shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  std::string_view kept = text.substr(0, most - kHashLetters);
  if (const auto percent = kept.find('%', std::max<size_t>(kept.size(), 2) - 2); percent != std::string_view::npos) {
    kept = kept.substr(0, percent);
  }
  return std::string(kept) + HashText(text);
}

// A partition path of at most `most` letters, no part of which is longer than names may be. Where many parts do not
// fit, the last ones are told together by one hash.
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
  // The last two are older names that tables still carry.
  data_ = object_storage_
              ? FirstSet(metadata, {"write.data.path", "write.object-storage.path", "write.folder-storage.path"},
                         table + "/data")
              : FirstSet(metadata, {"write.data.path", "write.folder-storage.path"}, table + "/data");
  if (object_storage_ && !data_.starts_with(table)) context_ = LastTwoNames(table);
}

std::string LocationProvider::DataFile(const std::string& partition_path, const std::string& file_name) const {
  // All but the partition path: hashed folders and what keeps tables apart take 24 letters and the context.
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
