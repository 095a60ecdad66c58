#include "aws/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "common/text/ascii_case.h"
#include "common/text/trim.h"
#include "common/text/url.h"
#include "common/time/civil_time.h"
#include "http/http_client.h"

namespace frazil::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string Hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string Sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string Hmac(const std::string& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

// "20150830T123600Z"
std::string BasicTime(int64_t now_ms) {
  std::string text = FormatTimestamp(FloorDiv(now_ms, 1000) * kMicrosPerSecond, Zone::kNone);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

struct UrlParts {
  std::string host;
  std::string path;
  std::string query;
};

UrlParts PartsOf(const std::string& url) {
  const auto origin = OriginOf(url);
  UrlParts parts;
  if (origin) parts.host = origin->authority;
  const auto authority = url.find("://");
  const auto path = url.find_first_of("/?#", authority == std::string::npos ? 0 : authority + 3);
  const std::string rest = path == std::string::npos ? "" : url.substr(path, url.find('#', path) - path);
  const auto query = rest.find('?');
  parts.path = rest.substr(0, query);
  if (query != std::string::npos) parts.query = rest.substr(query + 1);
  return parts;
}

// Encodes each segment once more and drops empty segments, as the services do with the path that they receive.
std::string CanonicalPath(std::string_view path) {
  std::string canonical;
  for (std::string_view rest = path; !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    if (end > 0) canonical += "/" + EncodeUrl(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (canonical.empty() || path.ends_with('/')) canonical += "/";
  return canonical;
}

// Sorts the parameters by their encoded text, which stays as it is.
std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (std::string_view rest = query; !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view one = rest.substr(0, end);
    const auto equals = std::min(one.find('='), one.size());
    if (!one.empty()) parameters.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    canonical += fmt::format("{}{}={}", canonical.empty() ? "" : "&", name, value);
  }
  return canonical;
}

// Trims the value and replaces runs of spaces by one space.
std::string CanonicalValue(std::string_view value) {
  std::string canonical;
  for (const char c : Trim(value)) {
    if (c != ' ' || canonical.back() != ' ') canonical += c;
  }
  return canonical;
}

// By name in lower case. Values of a repeated header are joined by commas.
std::map<std::string, std::string> CanonicalHeaders(const http::HttpRequest& request) {
  static constexpr std::string_view kChangedOnTheWay[] = {"connection", "expect", "transfer-encoding", "user-agent",
                                                          "x-amzn-trace-id"};
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    const std::string lower = Lower(name);
    if (std::find(std::begin(kChangedOnTheWay), std::end(kChangedOnTheWay), lower) != std::end(kChangedOnTheWay)) {
      continue;
    }
    std::string& all = headers[lower];
    all += (all.empty() ? "" : ",") + CanonicalValue(value);
  }
  return headers;
}

}  // namespace

void Sign(const Credentials& credentials, const SigningScope& scope, int64_t now_ms, http::HttpRequest& request) {
  const UrlParts url = PartsOf(request.url);
  const std::string time = BasicTime(now_ms);
  const std::string date = time.substr(0, 8);
  const std::string body_hash = Hex(Sha256(request.body));

  for (auto& header : request.headers) {
    if (Lower(header.first) == "authorization") header.first = "Original-Authorization";
  }
  request.headers.emplace_back("Host", url.host);
  request.headers.emplace_back("X-Amz-Date", time);
  request.headers.emplace_back("X-Amz-Content-Sha256", body_hash);
  if (!credentials.session_token.empty()) {
    request.headers.emplace_back("X-Amz-Security-Token", credentials.session_token.Reveal());
  }

  std::string names;
  std::string lines;
  for (const auto& [name, value] : CanonicalHeaders(request)) {
    names += (names.empty() ? "" : ";") + name;
    lines += fmt::format("{}:{}\n", name, value);
  }
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, CanonicalPath(url.path),
                                            CanonicalQuery(url.query), lines, names, body_hash);
  const std::string place = fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, place, Hex(Sha256(canonical)));
  std::string key = "AWS4" + credentials.secret_access_key.Reveal();
  for (const std::string_view part : {std::string_view(date), std::string_view(scope.region),
                                      std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = Hmac(key, part);
  }
  request.headers.emplace_back("Authorization",
                               fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                           credentials.access_key_id, place, names, Hex(Hmac(key, to_sign))));
}

}  // namespace frazil::aws
