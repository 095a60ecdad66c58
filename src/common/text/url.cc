#include "common/text/url.h"

#include "common/text/ascii_case.h"

namespace frazil {
namespace {

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Letters, digits and what is in `plain` stay.
std::string Encode(std::string_view text, std::string_view plain, bool space_is_plus) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsLetterOrDigit(c) || plain.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ' && space_is_plus) {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What stands between "scheme://", if there is one, and the path.
std::string_view AuthorityOf(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#\\"));
}

}  // namespace

std::string EncodeForm(std::string_view text) { return Encode(text, "-_.*", true); }

std::string EncodeUrl(std::string_view text) { return Encode(text, "-._~", false); }

std::string DecodeUrl(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string EncodePath(std::string_view text) { return Encode(text, "-._~/%!$&'()*+,;=:@", false); }

std::optional<Origin> OriginOf(std::string_view url) {
  Origin origin;
  origin.scheme = Lower(url.substr(0, url.find("://")));
  const bool secure = origin.scheme == "https";
  if (!secure && origin.scheme != "http") return std::nullopt;
  std::string_view authority = AuthorityOf(url);
  authority.remove_prefix(authority.rfind('@') + 1);
  const std::string_view own_port = secure ? ":443" : ":80";
  if (authority.ends_with(own_port)) authority.remove_suffix(own_port.size());
  if (authority.ends_with(':')) authority.remove_suffix(1);
  if (authority.empty()) return std::nullopt;
  origin.authority = Lower(authority);
  return origin;
}

bool HasUserInfo(std::string_view url) { return AuthorityOf(url).find('@') != url.npos; }

}  // namespace frazil
