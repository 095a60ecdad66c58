// URLs: percent encoding, and whom they lead to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace frazil {

// application/x-www-form-urlencoded: letters, digits and "-_.*" stay, a space becomes '+', the rest %XX.
std::string EncodeForm(std::string_view text);

// One segment of a path or one value of a query (RFC 3986): letters, digits and "-._~" stay, the rest is %XX.
std::string EncodeUrl(std::string_view text);

// %XX decoded; a '%' that no two hexadecimal digits follow stays.
std::string DecodeUrl(std::string_view text);

// A path as somebody wrote it: "/" and %XX stay, what a path cannot hold (a blank, a quote, a letter beyond ASCII) is
// %XX.
std::string EncodePath(std::string_view text);

// The server of an http or https URL (RFC 6454): its scheme and host in lower case, its port where it is not the
// scheme's own.
struct Origin {
  std::string scheme;
  std::string authority;  // "host" or "host:port"
  std::string ToString() const { return scheme + "://" + authority; }
  bool operator==(const Origin&) const = default;
};
std::optional<Origin> OriginOf(std::string_view url);  // nullopt: it is no such URL, or names no host

// Whether a user or a password stands before the host, as in "s3://user:password@bucket/x" or "user@host:9092".
bool HasUserInfo(std::string_view url);

}  // namespace frazil
