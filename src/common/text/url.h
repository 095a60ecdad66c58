// URLs: percent-encoding, origin, user info.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frazil {

// For application/x-www-form-urlencoded: letters, digits and "-_.*" stay, a space becomes '+', all else becomes %XX.
std::string EncodeForm(std::string_view text);

// For one path segment or one query value (RFC 3986): letters, digits and "-._~" stay, all else becomes %XX.
std::string EncodeUrl(std::string_view text);

// Decodes every %XX. A '%' without two hexadecimal digits after it stays.
std::string DecodeUrl(std::string_view text);

// For a whole path that a user wrote: '/' and existing %XX stay. Characters that a URL path cannot hold (a space, a
// quote, a non-ASCII letter) become %XX.
std::string EncodePath(std::string_view text);

// The origin of an http or https URL (RFC 6454): scheme and host in lower case, and the port unless it is the scheme's
// default.
struct Origin {
  std::string scheme;
  std::string authority;  // "host" or "host:port"
  std::string ToString() const { return scheme + "://" + authority; }
  bool operator==(const Origin&) const = default;
};
std::optional<Origin> OriginOf(std::string_view url);  // nullopt if `url` is not http or https, or names no host

// True if a user or password stands before the host, as in "s3://user:password@bucket/x" or "user@host:9092".
bool HasUserInfo(std::string_view url);

}  // namespace frazil
