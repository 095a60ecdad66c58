#include "catalog/trusted_servers.h"

#include <algorithm>

#include "common/text/url.h"
#include "http/http_client.h"

namespace frazil::catalog {
namespace {

// True if every reader of `url` finds the same server in it.
bool IsPlain(std::string_view url) {
  return OriginOf(url).has_value() && !HasUserInfo(url) && url.find_first_of("\\ \t\r\n") == url.npos;
}

bool StepsDown(const Origin& from, const Origin& to) { return from.scheme == "https" && to.scheme == "http"; }

}  // namespace

bool TrustedServers::IsNamed(const std::string& url) const {
  const auto origin = OriginOf(url);
  return IsPlain(url) &&
         std::any_of(named_.begin(), named_.end(), [&](const std::string& each) { return OriginOf(each) == origin; });
}

tl::unexpected<Error> TrustedServers::Refuse(std::string_view what, const std::string& url,
                                             std::string_view why) const {
  const auto origin = OriginOf(url);
  return Fail(ErrorKind::kInvalidArgument,
              "the catalog at {} names {} as {}, {}: that is refused. If it is right, write it into the configuration, "
              "or list {} in the catalog's trusted_servers",
              http::PrintableUrl(catalog_), http::PrintableUrl(url), what, why,
              origin ? origin->ToString() : "http(s)://HOST[:PORT]");
}

Status TrustedServers::Check(std::string_view what, const std::string& url) const {
  if (IsNamed(url)) return {};
  const auto own = OriginOf(catalog_);
  const auto other = OriginOf(url);
  if (!IsPlain(url) || !own || own->authority != other->authority) {
    return Refuse(what, url, "another server than the configuration names, which would get secrets of yours");
  }
  if (StepsDown(*own, *other)) return Refuse(what, url, "a step from https down to http");
  return {};
}

Status TrustedServers::CheckLent(std::string_view what, const std::string& url) const {
  if (IsNamed(url)) return {};
  const auto own = OriginOf(catalog_);
  const auto other = OriginOf(url);
  if (!IsPlain(url)) return Refuse(what, url, "which is no http(s) URL");
  if (own && StepsDown(*own, *other)) return Refuse(what, url, "a step from https down to http");
  return {};
}

}  // namespace frazil::catalog
