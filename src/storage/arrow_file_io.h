// Files in an object store by one of Arrow's file systems. For the files of this room alone: it sees Arrow.
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
  // A location as Arrow has it, "bucket/key"; kInvalidArgument where it names no file there.
  Result<std::string> (*object_of)(std::string_view location) = nullptr;
  // Of what Arrow says; `what` continues "cannot": "write".
  Error (*error_of)(const arrow::Status& status, std::string_view what, const std::string& location) = nullptr;
  int64_t part_bytes = 0;    // that a file being written gathers before they are sent
  bool abort_leaves = true;  // something under the name of a file that was given up
};

std::unique_ptr<io::FileIo> MakeArrowFileIo(ArrowStore store);

// For error_of.
template <class... Args>
Error Failed(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return {kind, fmt::format(format, std::forward<Args>(args)...)};
}

// Whether `text` holds one of `words`.
bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words);
// "bucket/key" of "scheme://bucket/key"; empty where there is no bucket or no key.
std::string_view BucketAndKey(std::string_view location);
// A property, or what else it may come from; "" where there is none.
std::string PropertyOf(const io::Properties& properties, const std::string& key);
std::string VariableOf(const char* name);  // of the environment
std::string FirstOf(std::initializer_list<std::string> values);

}  // namespace frazil::storage
