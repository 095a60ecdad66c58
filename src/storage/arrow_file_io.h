// A FileIo for an object store that uses one of Arrow's file systems. Only files of this room include it, because it
// depends on Arrow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "io/file_io.h"

namespace arrow {
class Status;
}
namespace arrow::fs {
class FileSystem;
}

namespace frazil::storage {

struct ArrowStore {
  std::shared_ptr<arrow::fs::FileSystem> fs;
  // Converts a location to Arrow's form, "bucket/key". kInvalidArgument if it does not name a file in this store.
  Result<std::string> (*object_of)(std::string_view location) = nullptr;
  // Converts Arrow's status to an Error. `what` completes "cannot …": "write".
  Error (*error_of)(const arrow::Status& status, std::string_view what, const std::string& location) = nullptr;
  int64_t part_bytes = 0;    // how many bytes of a file are collected before they are sent
  bool abort_leaves = true;  // an aborted upload leaves an object, which must be deleted
};

std::unique_ptr<io::FileIo> MakeArrowFileIo(ArrowStore store);

// Helper for error_of.
template <class... Args>
Error Failed(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return {kind, fmt::format(format, std::forward<Args>(args)...)};
}

// True if `text` contains one of `words`.
bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words);
// "bucket/key" of "scheme://bucket/key". Empty if the bucket or the key is missing.
std::string_view BucketAndKey(std::string_view location);
// The value of a property or of an environment variable, or "". FirstOf returns the first that is not empty.
std::string PropertyOf(const io::Properties& properties, const std::string& key);
std::string VariableOf(const char* name);  // an environment variable
std::string FirstOf(std::initializer_list<std::string> values);

}  // namespace frazil::storage
