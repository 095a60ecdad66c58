// Locations of files: URIs or plain absolute paths. '%' is not decoded: a partition path may contain it, and neither
// Iceberg's reference implementation nor PyIceberg decodes it.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::io {

// The scheme: "s3" for "s3://bucket/key", "file" for "file:///x", empty for a plain path.
std::string_view SchemeOf(std::string_view location);

// The local path "/x" of "file:///x", "file://localhost/x", "file:/x" or "/x". kInvalidArgument for a relative path or
// another host.
Result<std::string> LocalPathOf(std::string_view location);

// Removes slashes at the end. "/" stays as it is, and so do the slashes of "file://".
std::string StripTrailingSlashes(std::string location);

}  // namespace frazil::io
