// `s3:`, `gcs:` and `azure:` of a sink.
#include <initializer_list>
#include <string_view>

#include "app/config_sections.h"
#include "common/text/url.h"
#include "io/whole_file.h"

namespace frazil::app {
namespace {

constexpr int64_t kLongestKeyFile = 64 << 10;

struct Key {
  std::string_view ours;
  const char* iceberg;
};

void Take(YamlMap& map, std::initializer_list<Key> keys, io::Properties& properties) {
  for (const Key& key : keys) {
    if (auto text = map.Text(key.ours)) properties[key.iceberg] = *std::move(text);
  }
}

// `key`: what Iceberg calls the endpoint. `instead`: where the keys go.
void RefuseUserInEndpoint(YamlMap& map, const io::Properties& properties, const char* key, const char* instead) {
  const auto endpoint = properties.find(key);
  if (endpoint != properties.end() && HasUserInfo(endpoint->second)) ReportUserInfo(map, "endpoint", instead);
}

}  // namespace

io::Properties ReadS3(YamlMap& s3) {
  io::Properties properties;
  Take(s3,
       {{"region", "s3.region"},
        {"endpoint", "s3.endpoint"},
        {"access_key_id", "s3.access-key-id"},
        {"secret_access_key", "s3.secret-access-key"},
        {"session_token", "s3.session-token"}},
       properties);
  if (const auto path_style = s3.Flag("path_style_access")) {
    properties["s3.path-style-access"] = *path_style ? "true" : "false";
  }
  RefuseUserInEndpoint(s3, properties, "s3.endpoint", "put keys into access_key_id and secret_access_key");
  if (s3.Has("session_token") && !s3.Has("access_key_id")) {
    s3.Add("session_token", "belongs to an access_key_id and a secret_access_key; give all three");
  }
  if (s3.Has("access_key_id") != s3.Has("secret_access_key")) {
    s3.Add(s3.Has("access_key_id") ? "access_key_id" : "secret_access_key",
           "access_key_id and secret_access_key belong together; give both or none");
  }
  s3.Finish(KnownPlaces());
  return properties;
}

io::Properties ReadGcs(YamlMap& gcs) {
  io::Properties properties;
  Take(gcs,
       {{"project_id", "gcs.project-id"},
        {"service_account_key", "gcs.service-account-key"},
        {"endpoint", "gcs.service.host"}},
       properties);
  // A file's path, or what stands in it.
  if (const auto key = properties.find("gcs.service-account-key");
      key != properties.end() && key->second.find('{') == std::string::npos) {
    if (auto read = io::ReadWholeFile(key->second, kLongestKeyFile)) {
      key->second = *std::move(read);
    } else {
      gcs.Add("service_account_key", read.error().message + ": expected a key file's path, or its JSON");
    }
  }
  RefuseUserInEndpoint(gcs, properties, "gcs.service.host",
                       "the key of a service account goes into service_account_key");
  if (gcs.Flag("anonymous").value_or(false)) {
    if (gcs.Has("service_account_key"))
      gcs.Add("anonymous", "says nobody, and service_account_key who; give one of them");
    properties["gcs.no-auth"] = "true";
  }
  gcs.Finish(KnownPlaces());
  return properties;
}

io::Properties ReadAzure(YamlMap& azure) {
  io::Properties properties;
  Take(azure,
       {{"storage_account", "adls.account-name"},
        {"access_key", "adls.account-key"},
        {"sas_token", "adls.sas-token"},
        {"connection_string", "adls.connection-string"},
        {"tenant_id", "adls.tenant-id"},
        {"client_id", "adls.client-id"},
        {"client_secret", "adls.client-secret"}},
       properties);
  int ways = 0;
  for (const std::string_view way : {"access_key", "sas_token", "connection_string", "client_secret"}) {
    if (azure.Has(way) && ++ways == 2) azure.Add(way, "is a second way to say who asks; give one of them");
  }
  if (azure.Has("client_secret") && !(azure.Has("tenant_id") && azure.Has("client_id"))) {
    azure.Add("client_secret", "belongs to a tenant_id and a client_id; give all three");
  }
  if (const auto endpoint = azure.Text("endpoint")) {
    const auto origin = OriginOf(*endpoint);
    if (HasUserInfo(*endpoint)) {
      ReportUserInfo(azure, "endpoint", "put the account's key into access_key");
    } else if (!origin) {
      azure.Add("endpoint", "expected http://HOST:PORT or https://HOST");
    } else {
      for (const char* service : {"adls.blob-storage-", "adls.dfs-storage-"}) {
        properties[std::string(service) + "authority"] = origin->authority;
        properties[std::string(service) + "scheme"] = origin->scheme;
      }
    }
  }
  azure.Finish(KnownPlaces());
  return properties;
}

}  // namespace frazil::app
