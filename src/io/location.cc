#include "io/location.h"

#include <algorithm>
#include <cctype>

namespace frazil::io {

std::string_view SchemeOf(std::string_view location) {
  const auto colon = location.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view scheme = location.substr(0, colon);
  const bool is_scheme = std::isalpha(static_cast<unsigned char>(scheme[0])) != 0 &&
                         std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
                           return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';  // RFC 3986, 3.1
                         });
  return is_scheme ? scheme : std::string_view();
}

Result<std::string> LocalPathOf(std::string_view location) {
  std::string_view path = location;
  if (path.starts_with("file:")) {
    path.remove_prefix(5);
    if (path.starts_with("//")) {
      path.remove_prefix(2);
      const auto slash = path.find('/');
      const std::string_view host = path.substr(0, slash);
      if (!host.empty() && host != "localhost") {
        return Fail(ErrorKind::kInvalidArgument,
                    "'{}' names the host '{}': a file: location has three slashes, as in file:///warehouse", location,
                    host);
      }
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    }
  }
  if (!path.starts_with('/')) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is not an absolute path: write it as /dir/file or file:///dir/file",
                location);
  }
  if (path.find('\0') != std::string_view::npos) {
    return Fail(ErrorKind::kInvalidArgument, "a location holds a zero byte after '{}'",
                path.substr(0, path.find('\0')));
  }
  return std::string(path);
}

std::string StripTrailingSlashes(std::string location) {
  while (location.size() > 1 && location.ends_with('/') && !location.ends_with("://")) location.pop_back();
  return location;
}

}  // namespace frazil::io
