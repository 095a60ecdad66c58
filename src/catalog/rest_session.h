// A connection to a REST catalog: its configuration, who asks, and where its resources lie.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/rest_auth.h"
#include "catalog/rest_catalog.h"
#include "catalog/rest_errors.h"
#include "catalog/trusted_servers.h"
#include "http/http_client.h"

namespace frazil::catalog {

// Thread-safe.
class RestSession {
 public:
  // Asks for the catalog's configuration and merges it: its defaults, then the user's properties, then its overrides.
  // kInvalidArgument where that would lead to a server that the user has not named.
  static Result<std::shared_ptr<RestSession>> Connect(const RestCatalogOptions& options);

  const std::string& where() const { return where_; }  // for messages
  const std::map<std::string, std::string>& properties() const { return properties_; }
  bool takes_idempotency_keys() const { return takes_idempotency_keys_; }
  const TrustedServers& trusted() const { return trusted_; }

  // Paths below the catalog's prefix, encoded.
  std::string NamespacesPath() const { return "namespaces"; }
  std::string NamespacePath(const Namespace& ns) const;
  std::string TablesPath(const Namespace& ns) const { return NamespacePath(ns) + "/tables"; }
  std::string TablePath(const TableIdent& ident) const;
  std::string NamespaceParameter(const Namespace& ns) const;

  // One request and its 2xx reply. `doing` is for messages ("load table a.b"). A 401 is tried again once with a new
  // token where there is a way to one; nothing else is sent twice. `enough` as in http::HttpRequest.
  Result<http::HttpResponse> Send(RestAction action, const std::string& method, const std::string& path,
                                  const std::string& body, const std::string& doing,
                                  const std::vector<std::pair<std::string, std::string>>& headers = {},
                                  const std::function<bool(std::string_view)>& enough = {});

 private:
  RestSession(const RestCatalogOptions& options, http::HttpOptions http);
  Status Configure(const RestCatalogOptions& options);
  Result<http::HttpResponse> SendTo(RestAction action, const std::string& url, const std::string& method,
                                    const std::string& body, const std::string& doing,
                                    const std::vector<std::pair<std::string, std::string>>& headers,
                                    const std::function<bool(std::string_view)>& enough);
  // A server's words without what it was told in confidence.
  std::string Blotted(std::string text, const Secret& token) const;
  Error Lost(RestAction action, const Error& transport, const std::string& doing) const;

  std::string uri_;  // without a slash at its end
  std::string where_;
  http::HttpClient http_;
  std::unique_ptr<RestAuth> auth_;
  const TrustedServers trusted_;
  std::map<std::string, std::string> properties_;
  std::string prefix_;  // "prefix/", or nothing
  bool takes_idempotency_keys_ = false;
};

}  // namespace frazil::catalog
