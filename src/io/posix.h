// What files of this machine are handled with, in this room.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/system/descriptor.h"

namespace frazil::io {

// `error` is an errno. ENOENT and ENOTDIR are kNotFound, EEXIST is kAlreadyExists, what is not permitted kUnauthorized,
// all else kIo; with advice where there is some. The text is the reason alone, or "WHAT PATH: the reason".
tl::unexpected<Error> FailErrno(int error);
tl::unexpected<Error> FailErrno(int error, std::string_view what, const std::string& path);

// "a directory", "a pipe (FIFO)", … of a mode (stat) that is no regular file's.
std::string_view KindOfFile(unsigned mode);

// A regular file, open for reading. Anything else is kCorrupt, and is not waited for: to open a FIFO or a device may
// take for ever. The error's text is the reason alone.
Result<Descriptor> OpenRegularFile(const std::string& path);

// What is written in a directory's own list is safe from a power cut.
Status SyncDirectory(int fd, const std::string& path);

}  // namespace frazil::io
