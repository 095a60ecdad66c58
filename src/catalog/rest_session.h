// A session with a REST catalog: its configuration, authentication, and paths.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credential_chain.h"
#include "aws/sigv4.h"
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
  // Asks the catalog for its configuration and merges it: first the catalog's defaults, over them the user's
  // properties, over these the catalog's overrides. kInvalidArgument if that would lead to a server that the user has
  // not named.
  static Result<std::shared_ptr<RestSession>> Connect(const RestCatalogOptions& options);

  const std::string& where() const { return where_; }  // for messages
  const std::map<std::string, std::string>& properties() const { return properties_; }
  bool takes_idempotency_keys() const { return takes_idempotency_keys_; }
  bool renames() const { return renames_; }  // by all that it says of itself
  const TrustedServers& trusted() const { return trusted_; }

  // URL-encoded paths below the catalog's prefix.
  std::string NamespacesPath() const { return "namespaces"; }
  std::string NamespacePath(const Namespace& ns) const;
  std::string TablesPath(const Namespace& ns) const { return NamespacePath(ns) + "/tables"; }
  std::string TablePath(const TableIdent& ident) const;
  std::string NamespaceParameter(const Namespace& ns) const;

  // Sends one request and returns its 2xx reply. `doing` is for messages: "load table a.b". If the server refuses the
  // token or the AWS credentials, the request is sent once more with new ones, if they can be fetched; nothing else is
  // sent twice. `enough` as in http::HttpRequest.
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
  // Sets signers_ and scope_ if `rest.sigv4-enabled` says so. `users` are the user's own properties.
  Status SetUpSigning(const std::map<std::string, std::string>& users);
  // `text` of the server, with all secrets that we sent replaced by "***".
  std::string Blotted(std::string text, const Secret& token, const aws::Credentials& signer) const;
  Error Lost(RestAction action, const Error& transport, const std::string& doing) const;

  std::string uri_;  // without a slash at the end
  std::string where_;
  http::HttpClient http_;
  std::unique_ptr<RestAuth> auth_;
  std::unique_ptr<aws::CredentialChain> signers_;  // null: requests are not signed
  aws::SigningScope scope_;
  const TrustedServers trusted_;
  std::map<std::string, std::string> properties_;
  std::string prefix_;  // "prefix/" or ""
  bool takes_idempotency_keys_ = false;
  bool renames_ = true;
};

}  // namespace frazil::catalog
