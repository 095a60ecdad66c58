// Which servers a catalog may send us to: docs/trust.md, "Other servers".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::catalog {

class TrustedServers {
 public:
  // `catalog`: the URL that the user wrote. `named`: origins that the configuration lists besides,
  // http(s)://HOST[:PORT].
  TrustedServers(std::string catalog, std::vector<std::string> named)
      : catalog_(std::move(catalog)), named_(std::move(named)) {}

  // Whether the catalog may send us, with secrets of ours, to `url`: a place on its own server, or on one that is
  // named; never from https down to http. kInvalidArgument: it may not. `what` is what leads there: "the catalog's
  // uri".
  Status Check(std::string_view what, const std::string& url) const;
  // The same where the secrets are the catalog's own, which may go to any server, but not down to http.
  Status CheckLent(std::string_view what, const std::string& url) const;

 private:
  bool IsNamed(const std::string& url) const;
  tl::unexpected<Error> Refuse(std::string_view what, const std::string& url, std::string_view why) const;

  std::string catalog_;
  std::vector<std::string> named_;
};

}  // namespace frazil::catalog
