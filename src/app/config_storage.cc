// `s3:`, `gcs:` and `azure:` of a sink.
#include <string_view>

#include "app/config_sections.h"
#include "common/text/url.h"
#include "io/whole_file.h"

namespace frazil::app {
namespace {

constexpr int64_t kLongestKeyFile = 64 << 10;

constexpr const char* kS3Endpoint = "s3.endpoint";
constexpr const char* kGcsEndpoint = "gcs.service.host";
constexpr const char* kGcsKey = "gcs.service-account-key";

// A flag of ours that is a property of Iceberg's.
Key FlagKey(std::string_view name, std::string_view about) {
  return {.type = Key::Type::kFlag, .name = name, .about = about, .fallback = "false"};
}

// `endpoint`: what Iceberg calls it. `instead`: where the keys go.
void RefuseUserInEndpoint(YamlMap& map, const io::Properties& properties, const char* endpoint, const char* instead) {
  const auto said = properties.find(endpoint);
  if (said != properties.end() && HasUserInfo(said->second)) ReportUserInfo(map, "endpoint", instead);
}

void CheckS3(YamlMap& s3, io::Properties& properties) {
  RefuseUserInEndpoint(s3, properties, kS3Endpoint, "put keys into access_key_id and secret_access_key");
  if (s3.Has("session_token") && !s3.Has("access_key_id")) {
    s3.Add("session_token", "belongs to an access_key_id and a secret_access_key; give all three");
  }
  if (s3.Has("access_key_id") != s3.Has("secret_access_key")) {
    s3.Add(s3.Has("access_key_id") ? "access_key_id" : "secret_access_key",
           "access_key_id and secret_access_key belong together; give both or none");
  }
}

void CheckGcs(YamlMap& gcs, io::Properties& properties) {
  // A file's path, or what stands in it.
  if (const auto key = properties.find(kGcsKey);
      key != properties.end() && key->second.find('{') == std::string::npos) {
    if (auto read = io::ReadWholeFile(key->second, kLongestKeyFile)) {
      key->second = *std::move(read);
    } else {
      gcs.Add("service_account_key", read.error().message + ": expected a key file's path, or its JSON");
    }
  }
  RefuseUserInEndpoint(gcs, properties, kGcsEndpoint, "the key of a service account goes into service_account_key");
  if (properties.contains("gcs.no-auth") && gcs.Has("service_account_key")) {
    gcs.Add("anonymous", "says nobody, and service_account_key who; give one of them");
  }
}

// Iceberg has the parts of the endpoint, for either of Azure's two services.
void ReadAzureEndpoint(const Key& key, YamlMap& azure, io::Properties& properties) {
  const auto endpoint = azure.Text(key.name);
  if (!endpoint) return;
  const auto origin = OriginOf(*endpoint);
  if (HasUserInfo(*endpoint)) return ReportUserInfo(azure, key.name, "put the account's key into access_key");
  if (!origin) return azure.Add(key.name, "expected http://HOST:PORT or https://HOST");
  for (const char* service : {"adls.blob-storage-", "adls.dfs-storage-"}) {
    properties[std::string(service) + "authority"] = origin->authority;
    properties[std::string(service) + "scheme"] = origin->scheme;
  }
}

void CheckAzure(YamlMap& azure, io::Properties&) {
  int ways = 0;
  for (const std::string_view way : {"access_key", "sas_token", "connection_string", "client_secret"}) {
    if (azure.Has(way) && ++ways == 2) azure.Add(way, "is a second way to say who asks; give one of them");
  }
  if (azure.Has("client_secret") && !(azure.Has("tenant_id") && azure.Has("client_id"))) {
    azure.Add("client_secret", "belongs to a tenant_id and a client_id; give all three");
  }
}

}  // namespace

const Section<io::Properties>& S3Keys() {
  static const auto keys =
      Section<io::Properties>("storage")
          .Text("region", Entry("s3.region"), "the bucket's region")
          .Otherwise("`AWS_REGION`")
          .Text("endpoint", Entry(kS3Endpoint), "the address of MinIO or another store, `http://HOST:PORT`")
          .Otherwise("AWS")
          .Add(FlagKey("path_style_access", "`true`: the bucket stands in the path, as MinIO wants it"),
               [](const Key& key, YamlMap& map, io::Properties& properties) {
                 if (const auto flag = map.Flag(key.name)) {
                   properties["s3.path-style-access"] = *flag ? "true" : "false";
                 }
               })
          .Text("access_key_id", Entry("s3.access-key-id"), "together with `secret_access_key`")
          .Otherwise("`AWS_ACCESS_KEY_ID`")
          .Text("secret_access_key", Entry("s3.secret-access-key"), "together with `access_key_id`")
          .Otherwise("`AWS_SECRET_ACCESS_KEY`")
          .Text("session_token", Entry("s3.session-token"),
                "of temporary credentials, which are [not renewed](security.md#catalog-and-storage)")
          .Otherwise("`AWS_SESSION_TOKEN`")
          .Rule(CheckS3);
  return keys;
}

const Section<io::Properties>& GcsKeys() {
  static const auto keys =
      Section<io::Properties>("storage")
          .Text("project_id", Entry("gcs.project-id"), "the project of the buckets")
          .Otherwise("`GOOGLE_CLOUD_PROJECT`")
          .Text("service_account_key", Entry(kGcsKey),
                "the path of a key file, or its JSON (`${file:/run/secrets/gcs.json}`)")
          .Otherwise(
              "[Google's application default "
              "credentials](https://cloud.google.com/docs/authentication/application-default-credentials): "
              "`GOOGLE_APPLICATION_CREDENTIALS`, gcloud's, the machine's")
          .Text("endpoint", Entry(kGcsEndpoint), "`http://HOST:PORT` of an emulator")
          .Otherwise("Google's")
          .Add(FlagKey("anonymous", "`true` asks as nobody"),
               [](const Key& key, YamlMap& map, io::Properties& properties) {
                 if (map.Flag(key.name).value_or(false)) properties["gcs.no-auth"] = "true";
               })
          .Rule(CheckGcs);
  return keys;
}

const Section<io::Properties>& AzureKeys() {
  static const auto keys =
      Section<io::Properties>("storage")
          .Text("storage_account", Entry("adls.account-name"), "the account; needed for `abfss://CONTAINER/…`")
          .Otherwise("the one that the location names")
          .Text("access_key", Entry("adls.account-key"), "a key of that account")
          .Text("sas_token", Entry("adls.sas-token"), "a shared access signature, instead")
          .Text("connection_string", Entry("adls.connection-string"), "as the portal shows it, instead")
          .Text("tenant_id", Entry("adls.tenant-id"), "of an application in Microsoft Entra, instead")
          .Text("client_id", Entry("adls.client-id"), "of that application")
          .Text("client_secret", Entry("adls.client-secret"), "of that application")
          .Add({.type = Key::Type::kText,
                .name = "endpoint",
                .about = "`http://HOST:PORT` of Azurite",
                .otherwise = "Azure's",
                .pattern = "^https?://."},
               ReadAzureEndpoint)
          .Rule(CheckAzure);
  return keys;
}

}  // namespace frazil::app
