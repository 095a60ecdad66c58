// Locations of files: URIs or plain absolute paths. What follows the scheme is taken as it is: the reference and
// PyIceberg do not decode '%' either, and a partition path may hold one.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::io {

// "s3" of "s3://bucket/key", "file" of "file:///x"; empty for a plain path.
std::string_view SchemeOf(std::string_view location);

// The path in the local file system of "file:///x", "file://localhost/x", "file:/x" or "/x".
Result<std::string> LocalPathOf(std::string_view location);

// A location without the slashes at its end; "/" and the two of "file://" stay.
std::string StripTrailingSlashes(std::string location);

}  // namespace frazil::io
