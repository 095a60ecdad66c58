// Helpers for POSIX files, used in this room only.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/system/descriptor.h"

namespace frazil::io {

// Turns an errno into an Error, with advice where there is some. ENOENT and ENOTDIR are kNotFound, EEXIST is
// kAlreadyExists, missing permission is kUnauthorized, all else is kIo. The message is the reason alone, or "WHAT PATH:
// reason".
tl::unexpected<Error> FailErrno(int error);
tl::unexpected<Error> FailErrno(int error, std::string_view what, const std::string& path);

// Names the kind of a file that is not regular: "a directory", "a pipe (FIFO)". `mode` is st_mode of stat(2).
std::string_view KindOfFile(unsigned mode);

// Opens a regular file for reading. Anything else is kCorrupt, and this call does not block on it (opening a FIFO or a
// device may block for ever). The error message is the reason alone, without the path.
Result<Descriptor> OpenRegularFile(const std::string& path);

// Syncs a directory, so that its entries survive a power cut.
Status SyncDirectory(int fd, const std::string& path);

}  // namespace frazil::io
