// Small files of this machine that a user names: read whole, of a size and in a time that are bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/result.h"

namespace frazil::io {

// kCorrupt if it is no regular file, or longer than `most_bytes`. With `patience` a pipe will do, too, as a shell's
// <(command) gives one: it is read to its end, for so long at most. The error's text is the reason alone.
Result<std::string> ReadWholeFile(const std::string& path, int64_t most_bytes,
                                  std::optional<std::chrono::milliseconds> patience = {});

// kCorrupt if something is at `path` that is neither a file nor a directory: a library that is given it would open it,
// and wait for ever. Ok if nothing is there.
Status CheckIsFileOrDirectory(const std::string& path);

}  // namespace frazil::io
