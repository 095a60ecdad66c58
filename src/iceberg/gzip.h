// Gzip (RFC 1952), as table metadata may be packed.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::iceberg {

bool IsGzip(std::string_view bytes);
std::string Gzip(std::string_view text);
// kCorrupt where `bytes` is no gzip stream, or unpacks to more than a gigabyte.
Result<std::string> Gunzip(std::string_view bytes);

}  // namespace frazil::iceberg
