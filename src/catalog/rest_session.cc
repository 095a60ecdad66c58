#include "catalog/rest_session.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "aws/profile.h"
#include "catalog/rest_catalog.h"
#include "common/log.h"
#include "common/text/ascii_case.h"
#include "common/text/shown.h"
#include "common/text/trim.h"
#include "common/text/url.h"
#include "iceberg/json_members.h"
#include "io/location.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;
using PropertyMap = std::map<std::string, std::string>;

constexpr std::string_view kHeader = "header.";  // properties that are sent as headers, such as the keys of gateways

// As a server lists what it does.
constexpr std::string_view kRename = "POST /v1/{prefix}/tables/rename";

constexpr char kTokenServer[] = "oauth2-server-uri";

bool IsWholeUrl(const std::string& text) { return text.find("://") != std::string::npos; }

// The prefix as a part of a path: "prefix/". Spaces and slashes around it are removed.
std::string PrefixOf(const std::string& text) {
  const std::string_view prefix = Trim(text, "/ \t\r\n");
  return prefix.empty() ? std::string() : EncodePath(prefix) + "/";
}

std::string Get(const PropertyMap& properties, const std::string& key, const std::string& otherwise = "") {
  const auto found = properties.find(key);
  return found == properties.end() ? otherwise : found->second;
}

// The property in milliseconds, above zero; nullopt if it is not set.
Result<std::optional<int64_t>> ReadMillis(const PropertyMap& properties, const std::string& key) {
  const std::string text = Get(properties, key);
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr int64_t kLongest = std::numeric_limits<int32_t>::max();  // fits the clock and libcurl
  if (error != std::errc() || end != text.data() + text.size() || value <= 0 || value > kLongest) {
    return Fail(ErrorKind::kInvalidArgument, "{} is '{}': expected milliseconds, at most {}", key, Shown(text),
                kLongest);
  }
  return value;
}

constexpr char kAuthType[] = "rest.auth.type";
constexpr char kSigV4[] = "rest.sigv4-enabled";

bool WantsSignatures(const PropertyMap& properties) {
  return Get(properties, kSigV4) == "true" || Get(properties, kAuthType) == "sigv4";
}

// Refuses ways of authentication that are not built in. Without them the user would only see a puzzling 403.
Status RefuseUnbuilt(const PropertyMap& properties) {
  for (const char* key : {kAuthType, "rest.auth.sigv4.delegate-auth-type"}) {
    const std::string auth = Get(properties, key, "oauth2");
    if (auth == "oauth2" || auth == "none" || (key == kAuthType && auth == "sigv4")) continue;
    return Fail(ErrorKind::kUnsupported, "{} '{}' is not supported yet: use oauth2, none, or sigv4 as rest.auth.type",
                key, auth);
  }
  return {};
}

// True if an API gateway, or a catalog of AWS, refused expired credentials. It has done nothing then.
bool SaysCredentialsEnded(const http::HttpResponse& response) {
  return response.status == 403 &&
         (response.body.find("security token included in the request is expired") != std::string::npos ||
          response.body.find("ExpiredToken") != std::string::npos);
}

}  // namespace

RestSession::RestSession(const RestCatalogOptions& options, http::HttpOptions http)
    : uri_(io::StripTrailingSlashes(options.uri)),
      where_("REST catalog at " + http::PrintableUrl(uri_)),
      http_(std::move(http)),
      trusted_(uri_, options.trusted_servers) {}

Result<std::shared_ptr<RestSession>> RestSession::Connect(const RestCatalogOptions& options) {
  http::HttpOptions http;
  FRAZIL_ASSIGN_OR_RETURN(const auto connect, ReadMillis(options.properties, "rest.client.connection-timeout-ms"));
  if (connect) http.connect_timeout = std::chrono::milliseconds(*connect);
  static constexpr char kWhole[] = "rest.client.socket-timeout-ms";
  FRAZIL_ASSIGN_OR_RETURN(const auto whole, ReadMillis(options.properties, kWhole));
  if (whole) http.timeout = {kWhole, *whole};
  http.ca_file = Get(options.properties, "ssl.cabundle");
  if (!options.uri.starts_with("http://") && !options.uri.starts_with("https://")) {
    return Fail(ErrorKind::kInvalidArgument, "a REST catalog's uri begins with http:// or https://, not '{}'",
                http::PrintableUrl(options.uri));
  }
  std::shared_ptr<RestSession> session(new RestSession(options, std::move(http)));
  FRAZIL_RETURN_IF_ERROR(session->Configure(options));
  return session;
}

Status RestSession::Configure(const RestCatalogOptions& options) {
  FRAZIL_RETURN_IF_ERROR(RefuseUnbuilt(options.properties));
  properties_ = options.properties;
  FRAZIL_RETURN_IF_ERROR(SetUpSigning(options.properties));
  auth_ = std::make_unique<RestAuth>(http_, RestAuthOptionsOf(uri_, options.credential, properties_));
  const std::string query = options.warehouse.empty() ? "" : "?warehouse=" + EncodeUrl(options.warehouse);
  const auto asked =
      SendTo(RestAction::kRead, uri_ + "/v1/config" + query, "GET", "", "read the configuration", {}, {});
  if (!asked && asked.error().kind == ErrorKind::kNotFound) {
    return Fail(ErrorKind::kNotFound, "{}. Is the uri the part before /v1, and is the warehouse one of this catalog?",
                asked.error().message);
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto response, asked);
  const auto corrupt = [this](const Error& error) {
    return Fail(ErrorKind::kCorrupt,
                "{} does not answer GET /v1/config as an Iceberg REST catalog: {}. Is the uri the part before /v1?",
                where_, error.message);
  };
  const auto config = json::Parse(response.body);
  if (!config) return corrupt(config.error());
  if (const Status object = json::ExpectObject(*config, "the configuration"); !object) return corrupt(object.error());
  const auto defaults = json::Otherwise<PropertyMap>(*config, "defaults", {});
  const auto overrides = json::Otherwise<PropertyMap>(*config, "overrides", {});
  const auto idempotency = json::Optional<std::string>(*config, "idempotency-key-lifetime");
  const auto endpoints = json::Optional<std::vector<std::string>>(*config, "endpoints");
  if (!endpoints) return corrupt(endpoints.error());
  if (const auto& offered = *endpoints) {
    renames_ = std::find(offered->begin(), offered->end(), kRename) != offered->end();
  }
  for (const Error* error : {defaults ? nullptr : &defaults.error(), overrides ? nullptr : &overrides.error(),
                             idempotency ? nullptr : &idempotency.error()}) {
    if (error != nullptr) return corrupt(*error);
  }

  properties_.insert(defaults->begin(), defaults->end());
  // The catalog must not override the user's token server, because secrets go there.
  for (const auto& [key, value] : *overrides) {
    if (key != kTokenServer || !options.properties.contains(key)) properties_[key] = value;
  }
  takes_idempotency_keys_ = idempotency->has_value();
  FRAZIL_RETURN_IF_ERROR(RefuseUnbuilt(properties_));
  FRAZIL_RETURN_IF_ERROR(SetUpSigning(options.properties));
  prefix_ = PrefixOf(Get(properties_, "prefix"));
  if (const auto tokens = properties_.find(kTokenServer);
      tokens != properties_.end() && !options.properties.contains(kTokenServer) && IsWholeUrl(tokens->second)) {
    FRAZIL_RETURN_IF_ERROR(trusted_.Check("its oauth2-server-uri", tokens->second));
  }
  if (const auto moved = overrides->find("uri"); moved != overrides->end()) {
    FRAZIL_RETURN_IF_ERROR(trusted_.Check("its uri", moved->second));
    uri_ = io::StripTrailingSlashes(moved->second);
    where_ = "REST catalog at " + http::PrintableUrl(uri_);
  }
  RestAuthOptions auth = RestAuthOptionsOf(uri_, options.credential, properties_);
  if (auth != auth_->options()) auth_ = std::make_unique<RestAuth>(http_, std::move(auth));
  return {};
}

// The server may choose the region and the service of signatures. Only the user's own properties enable signing and
// choose the credentials: signing proves the user's identity at AWS, so a server must not be able to ask for it.
Status RestSession::SetUpSigning(const PropertyMap& users) {
  if (!WantsSignatures(properties_)) return {};
  if (!WantsSignatures(users)) {
    return Fail(ErrorKind::kInvalidArgument,
                "{} wants requests that are signed for AWS: if they may be, add {}: \"true\" to properties", where_,
                kSigV4);
  }
  aws::CredentialOptions who;
  who.given = {Get(users, "rest.access-key-id"), Get(users, "rest.secret-access-key"),
               Get(users, "rest.session-token")};
  if (who.given.access_key_id.empty() != who.given.secret_access_key.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "of rest.access-key-id and rest.secret-access-key only one is given: a key is both or neither");
  }
  who.profile = Get(users, "client.profile-name");
  const std::string named = Get(properties_, "rest.signing-region", Get(users, "client.region"));
  FRAZIL_ASSIGN_OR_RETURN(const std::string region, aws::RegionOf(named, who.profile));
  if (region.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "nobody says for which region requests are to be signed: give rest.signing-region, or set AWS_REGION");
  }
  scope_ = {region, Get(properties_, "rest.signing-name", "execute-api")};
  who.region = region;
  if (!signers_) signers_ = std::make_unique<aws::CredentialChain>(std::move(who));
  return {};
}

std::string RestSession::NamespacePath(const Namespace& ns) const { return "namespaces/" + NamespaceParameter(ns); }

// The levels are joined with the unit separator, %1F, unless the catalog's property "namespace-separator" has another.
std::string RestSession::NamespaceParameter(const Namespace& ns) const {
  const std::string separator = EncodeUrl(DecodeUrl(Get(properties_, "namespace-separator", "%1F")));
  std::string joined;
  for (const std::string& level : ns) joined += (joined.empty() ? "" : separator) + EncodeUrl(level);
  return joined;
}

std::string RestSession::TablePath(const TableIdent& ident) const {
  return TablesPath(ident.ns) + "/" + EncodeUrl(ident.name);
}

Result<http::HttpResponse> RestSession::Send(RestAction action, const std::string& method, const std::string& path,
                                             const std::string& body, const std::string& doing,
                                             const std::vector<std::pair<std::string, std::string>>& headers,
                                             const std::function<bool(std::string_view)>& enough) {
  const std::string url = fmt::format("{}/v1/{}{}", uri_, prefix_, path);
  return SendTo(action, url, method, body, doing, headers, enough);
}

Result<http::HttpResponse> RestSession::SendTo(RestAction action, const std::string& url, const std::string& method,
                                               const std::string& body, const std::string& doing,
                                               const std::vector<std::pair<std::string, std::string>>& headers,
                                               const std::function<bool(std::string_view)>& enough) {
  FRAZIL_ASSIGN_OR_RETURN(Secret token, auth_->Token());
  aws::Credentials signer;
  if (signers_) {
    FRAZIL_ASSIGN_OR_RETURN(signer, signers_->Get());
  }
  for (bool first = true;; first = false) {
    http::HttpRequest request{method, url, headers, body, enough};
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("User-Agent", "frazil");
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token.Reveal());
    for (const auto& [key, value] : properties_) {
      if (!key.starts_with(kHeader)) continue;
      const std::string_view name = std::string_view(key).substr(kHeader.size());
      std::erase_if(request.headers, [name](const auto& header) { return EqualsIgnoringCase(header.first, name); });
      request.headers.emplace_back(name, value);
    }

    if (signers_) aws::Sign(signer, scope_, Clock::System().NowMillis(), request);
    auto response = http_.Send(request);
    if (!response) return tl::unexpected(Lost(action, response.error(), doing));
    const int status = response->status;
    if (status >= 200 && status < 300) return response;
    if (first && (status == 401 || status == 419) && auth_->renewable()) {
      FRAZIL_ASSIGN_OR_RETURN(token, auth_->TokenInsteadOf(token));
      continue;
    }
    if (first && signers_ && SaysCredentialsEnded(*response)) {
      if (auto others = signers_->GetInsteadOf(signer)) {
        signer = *std::move(others);
        continue;
      }
    }
    // Before it is cut short, which might leave a part of a secret, and once JSON's escapes are gone.
    response->body = Blotted(std::move(response->body), token, signer);
    Error error = RestErrorOf(action, *response, doing, where_);
    error.message = Blotted(std::move(error.message), token, signer);
    return tl::unexpected(std::move(error));
  }
}

std::string RestSession::Blotted(std::string text, const Secret& token, const aws::Credentials& signer) const {
  text = signer.BlotFrom(std::move(text));
  text = auth_->options().client_secret.BlotFrom(token.BlotFrom(std::move(text)));
  for (const auto& [key, value] : properties_) {
    if (key.starts_with(kHeader)) text = Secret(value).BlotFrom(std::move(text));
  }
  return text;
}

Error RestSession::Lost(RestAction action, const Error& transport, const std::string& doing) const {
  if (transport.kind == ErrorKind::kUnavailable) {
    return {ErrorKind::kUnavailable,
            fmt::format("Failed to connect to catalog at {}: {}. Check that it runs and that this machine reaches "
                        "it",
                        http::PrintableUrl(uri_), transport.message)};
  }
  const ErrorKind lost = RestLostReply(action);
  if (transport.kind == ErrorKind::kCancelled && lost != ErrorKind::kCommitUnknown) return transport;
  return {lost, fmt::format("cannot {} in {}: no whole reply came: {}", doing, where_, transport.message)};
}

}  // namespace frazil::catalog
