// Decides to which servers a catalog may send us (docs/trust.md, "Other servers").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::catalog {

class TrustedServers {
 public:
  // `catalog` is the URL in the configuration. `named` holds further origins in the configuration,
  // http(s)://HOST[:PORT].
  TrustedServers(std::string catalog, std::vector<std::string> named)
      : catalog_(std::move(catalog)), named_(std::move(named)) {}

  // Checks whether the catalog may send us, with our own secrets, to `url`: it must be on the catalog's server or on a
  // named one, and never go from https to http. kInvalidArgument if not. `what` says what leads there: "the catalog's
  // uri".
  Status Check(std::string_view what, const std::string& url) const;
  // The same for secrets that the catalog has vended. They may go to any server, but not from https to http.
  Status CheckLent(std::string_view what, const std::string& url) const;

 private:
  bool IsNamed(const std::string& url) const;
  tl::unexpected<Error> Refuse(std::string_view what, const std::string& url, std::string_view why) const;

  std::string catalog_;
  std::vector<std::string> named_;
};

}  // namespace frazil::catalog
