#include "storage/azure.h"

#include <arrow/filesystem/azurefs.h>
#include <arrow/util/io_util.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

#include "common/text/url.h"
#include "storage/arrow_file_io.h"
#include "storage/routed_file_io.h"

namespace frazil::storage {
namespace {

namespace afs = arrow::fs;

constexpr int64_t kPartBytes = 10 << 20;  // the size of a block in Arrow
constexpr std::array<std::string_view, 4> kClouds = {".core.windows.net", ".core.chinacloudapi.cn",
                                                     ".core.usgovcloudapi.net", ".core.cloudapi.de"};

// Arrow returns the SDK's exception as text: "… Azure Error: [ContainerNotFound] 404 The specified container …".
Error ErrorOf(const arrow::Status& status, std::string_view what, const std::string& location) {
  const std::string& text = status.message();
  if (ContainsAny(text, {"ContainerNotFound", "FilesystemNotFound", "The specified container does not exist",
                         "The specified filesystem does not exist", "Container '"})) {
    return Failed(ErrorKind::kNotFound,
                  "cannot {} {}: no such container in the account. Create it, or correct the name", what, location);
  }
  if (arrow::internal::ErrnoFromStatus(status) == ENOENT ||
      ContainsAny(text, {"BlobNotFound", "PathNotFound", "ResourceNotFound", "Path does not exist"})) {
    return Failed(ErrorKind::kNotFound, "cannot {} {}: no such object", what, location);
  }
  if (ContainsAny(text, {"AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch",
                         "InvalidAuthenticationInfo", "NoAuthenticationInformation", "PublicAccessNotPermitted",
                         "AuthorizationProtocolMismatch", "AuthorizationResourceTypeMismatch", "] 401", "] 403",
                         "Forbidden", "Server failed to authenticate", "GetToken", "401 ", "403 "})) {
    return Failed(ErrorKind::kUnauthorized,
                  "Access Denied (Service: Azure Storage): cannot {} {}: {}. Check the account's key or SAS token "
                  "(adls.account-key, adls.sas-token) and that it may read, write, list and delete there",
                  what, location, text);
  }
  if (ContainsAny(text, {"ServerBusy", "InternalError", "OperationTimedOut", "] 500", "] 502", "] 503", "] 504",
                         "Fail to get a new connection", "Failed to get a new connection", "Couldn't connect",
                         "Could not resolve", "Error while sending request", "Error while polling", "curl", "Timeout",
                         "connection", "Connection", "Check for Hierarchical Namespace support"})) {
    return Failed(ErrorKind::kUnavailable, "cannot {} {}: Azure's storage does not answer as it should: {}", what,
                  location, text);
  }
  return Failed(ErrorKind::kIo, "cannot {} {}: {}", what, location, text);
}

Result<std::string> ObjectOf(std::string_view location) {
  FRAZIL_ASSIGN_OR_RETURN(const AzurePlace place, ParseAzureLocation(location));
  return place.container + "/" + place.path;
}

Status CheckPlace(std::string_view location) {
  // A location that names only a container is allowed, too.
  FRAZIL_RETURN_IF_ERROR(ParseAzureLocation(std::string(location) + "/x"));
  return {};
}

arrow::Status SetCredentials(const io::Properties& properties, const AzurePlace& place, afs::AzureOptions& options) {
  // Looks for the key of this account, then for the key of all accounts. Iceberg's Java library names the account by
  // its host.
  const auto find = [&](const std::string& name) {
    const std::string& account = options.account_name;
    const std::string named = PropertyOf(properties, "adls.account-name");
    // A general key belongs to adls.account-name. It must not be sent to another account that a table names.
    const bool is_ours = named.empty() || named == account;
    return FirstOf({PropertyOf(properties, name + "." + account + ".dfs" + place.suffix),
                    PropertyOf(properties, name + "." + account + ".blob" + place.suffix),
                    PropertyOf(properties, name + "." + account), is_ours ? PropertyOf(properties, name) : ""});
  };
  if (std::string sas = find("adls.sas-token"); !sas.empty()) {
    if (!sas.starts_with('?')) sas = "?" + sas;
    return options.ConfigureSASCredential(sas);
  }
  const std::string key =
      FirstOf({find("adls.account-key"), PropertyOf(properties, "adls.auth.shared-key.account.key")});
  if (!key.empty()) return options.ConfigureAccountKeyCredential(key);
  const std::string secret = PropertyOf(properties, "adls.client-secret");
  if (!secret.empty()) {
    return options.ConfigureClientSecretCredential(PropertyOf(properties, "adls.tenant-id"),
                                                   PropertyOf(properties, "adls.client-id"), secret);
  }
  // A catalog may have set the server. Credentials from the environment must not go there.
  if (!PropertyOf(properties, "adls.blob-storage-authority").empty() ||
      !PropertyOf(properties, "adls.dfs-storage-authority").empty()) {
    return arrow::Status::Invalid("a server of one's own (adls.blob-storage-authority) takes a key or token for it");
  }
  if (const std::string env = VariableOf("AZURE_STORAGE_KEY"); !env.empty()) {
    return options.ConfigureAccountKeyCredential(env);
  }
  return options.ConfigureDefaultCredential();
}

// Parses "Key1=value;Key2=value". A value ends at the next ';'.
std::map<std::string, std::string, std::less<>> PartsOf(std::string_view text) {
  std::map<std::string, std::string, std::less<>> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(';'));
    if (const auto equals = part.find('='); equals != std::string_view::npos) {
      parts[std::string(part.substr(0, equals))] = part.substr(equals + 1);
    }
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return parts;
}

// Adds the parts of a connection string as properties.
Result<io::Properties> Expanded(const io::Properties& properties, const AzurePlace& place) {
  const std::string text =
      FirstOf({PropertyOf(properties, "adls.connection-string." + place.account + ".dfs" + place.suffix),
               PropertyOf(properties, "adls.connection-string." + place.account),
               PropertyOf(properties, "adls.connection-string")});
  if (text.empty()) return properties;
  const auto parts = PartsOf(text);
  const auto part = [&](std::string_view name) {
    const auto found = parts.find(name);
    return found == parts.end() ? std::string() : found->second;
  };
  io::Properties expanded = properties;
  if (part("AccountKey").empty() && part("SharedAccessSignature").empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "adls.connection-string holds neither an AccountKey nor a SharedAccessSignature");
  }
  expanded["adls.account-name"] = part("AccountName");
  if (!part("AccountKey").empty()) expanded["adls.account-key"] = part("AccountKey");
  if (!part("SharedAccessSignature").empty()) expanded["adls.sas-token"] = part("SharedAccessSignature");
  if (const auto endpoint = OriginOf(part("BlobEndpoint"))) {
    expanded["adls.blob-storage-authority"] = expanded["adls.dfs-storage-authority"] = endpoint->authority;
    expanded["adls.blob-storage-scheme"] = expanded["adls.dfs-storage-scheme"] = endpoint->scheme;
  }
  return expanded;
}

Result<std::unique_ptr<io::FileIo>> OpenAccount(const io::Properties& given, const AzurePlace& place) {
  FRAZIL_ASSIGN_OR_RETURN(const io::Properties properties, Expanded(given, place));
  afs::AzureOptions options;
  // the caller is on an I/O thread already, and this saves a second copy of each block
  options.background_writes = false;
  options.account_name =
      FirstOf({place.account, PropertyOf(properties, "adls.account-name"),
               PropertyOf(properties, "adls.auth.shared-key.account.name"), VariableOf("AZURE_STORAGE_ACCOUNT")});
  if (options.account_name.empty()) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "no storage account is named: write locations as abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH, or "
        "set adls.account-name");
  }
  const auto set = [&](const char* name, std::string& to, std::string otherwise) {
    to = FirstOf({PropertyOf(properties, name), std::move(otherwise)});
  };
  set("adls.blob-storage-authority", options.blob_storage_authority, ".blob" + place.suffix);
  set("adls.dfs-storage-authority", options.dfs_storage_authority, ".dfs" + place.suffix);
  set("adls.blob-storage-scheme", options.blob_storage_scheme, "https");
  set("adls.dfs-storage-scheme", options.dfs_storage_scheme, "https");
  if (const arrow::Status set_up = SetCredentials(properties, place, options); !set_up.ok()) {
    return Fail(ErrorKind::kInvalidArgument, "cannot set up access to storage account {}: {}", options.account_name,
                set_up.message());
  }
  auto made = afs::AzureFileSystem::Make(options);
  if (!made.ok()) {
    return Fail(ErrorKind::kInvalidArgument, "cannot set up access to storage account {}: {}", options.account_name,
                made.status().message());
  }
  return MakeArrowFileIo(
      {.fs = *std::move(made), .object_of = &ObjectOf, .error_of = &ErrorOf, .part_bytes = kPartBytes});
}

// Keeps one client per account.
class AzureFileIo final : public RoutedFileIo {
 public:
  explicit AzureFileIo(io::Properties properties) : properties_(std::move(properties)) {}

 private:
  Result<io::FileIo*> For(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const AzurePlace place, ParseAzureLocation(location));
    std::lock_guard lock(mutex_);
    std::unique_ptr<io::FileIo>& io = accounts_[place.account + place.suffix];
    if (!io) {
      FRAZIL_ASSIGN_OR_RETURN(io, OpenAccount(properties_, place));
    }
    return io.get();
  }

  const io::Properties properties_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<io::FileIo>> accounts_;
};

Result<std::unique_ptr<io::FileIo>> Open(const io::Properties& properties) {
  return std::make_unique<AzureFileIo>(properties);
}

}  // namespace

Result<AzurePlace> ParseAzureLocation(std::string_view location) {
  const auto refuse = [](std::string_view why) {
    return Fail(ErrorKind::kInvalidArgument,
                "a location in Azure {}: write it as abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH", why);
  };
  const std::string_view whole = BucketAndKey(location);
  if (whole.empty()) return refuse("names no file");
  const auto slash = whole.find('/');
  std::string_view authority = whole.substr(0, slash);
  AzurePlace place;
  place.path = whole.substr(slash + 1);
  const auto at = authority.rfind('@');
  place.container = authority.substr(0, at);
  if (place.container.find_first_of("@:") != std::string::npos) return refuse("holds a password before \"@\"");
  place.suffix = kClouds.front();
  if (at == std::string_view::npos) return place;
  const std::string_view host = authority.substr(at + 1);
  for (const std::string_view cloud : kClouds) {
    for (const std::string_view service : {".dfs", ".blob"}) {
      const std::string suffix = std::string(service) + std::string(cloud);
      if (!host.ends_with(suffix) || host.size() == suffix.size()) continue;
      place.account = host.substr(0, host.size() - suffix.size());
      place.suffix = cloud;
      const bool plain = std::all_of(place.account.begin(), place.account.end(),
                                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
      if (plain) return place;
    }
  }
  return refuse("names a host that is not Azure's");
}

const Storage& Azure() {
  static const Storage azure = {
      .name = "Azure Storage",
      .schemes = {"abfss", "abfs", "wasbs", "wasb"},
      .form = "abfss://container@account.dfs.core.windows.net/path",
      .traits = {.write_buffer_bytes = kPartBytes},
      .settings = {.names = {"adls."},
                   .endpoints = {"adls.blob-storage-authority", "adls.dfs-storage-authority"},
                   .endpoint_variables = {},
                   .credentials = {"adls.sas-token", "adls.sas-token.", "adls.sas-token-expires-at-ms.",
                                   "adls.connection-string", "adls.connection-string.", "adls.account-key",
                                   "adls.auth.shared-key.account.key", "adls.client-secret"},
                   .sufficient = {"adls.sas-token", "adls.sas-token.", "adls.connection-string",
                                  "adls.connection-string.", "adls.account-key", "adls.auth.shared-key.account.key",
                                  "adls.client-secret"},
                   .temporary = "adls.sas-token.",
                   .expiry = "adls.sas-token-expires-at-ms."},
      .check = &CheckPlace,
      .open = &Open,
  };
  return azure;
}

}  // namespace frazil::storage
