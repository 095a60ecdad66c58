// Reads small local files that a user names, with limits on size and time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/result.h"

namespace frazil::io {

// Reads the file at `path` whole. kCorrupt if it is not a regular file, or is longer than `most_bytes`. With `patience`
// it may also be a pipe, such as the one a shell makes for <(command); it is read to its end, and kIo if that takes
// longer than `patience`. The error message is the reason alone, without the path.
Result<std::string> ReadWholeFile(const std::string& path, int64_t most_bytes,
                                  std::optional<std::chrono::milliseconds> patience = {});

// kCorrupt if `path` is neither a file nor a directory: a library that opens a pipe or a device could block for ever.
// Ok if nothing exists at `path`.
Status CheckIsFileOrDirectory(const std::string& path);

}  // namespace frazil::io
