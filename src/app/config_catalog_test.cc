#include <utility>

#include "app/config_testing.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"

namespace frazil::app {
namespace {

TEST(ConfigTest, SqlCatalog) {
  const auto config = Parse(WithCatalog("type: sql\nsql: {uri: 'sqlite:////d/c.db', warehouse: 'file:///d/w'}"));
  ASSERT_TRUE(config) << config.error().message;
  const auto& options = std::get<catalog::SqlCatalogOptions>(config->sinks[0].catalog);
  EXPECT_EQ(options.uri, "sqlite:////d/c.db");
  EXPECT_EQ(options.warehouse, "file:///d/w");
  EXPECT_EQ(options.name, "frazil");
}

TEST(ConfigTest, PlacesOfThisMachine) {
  const std::string folders = "local_folders: [/mnt/a/, 'file:///mnt/b']}";
  const auto sql = Parse(WithCatalog("type: sql\nsql: {uri: 'sqlite:////d/c.db', warehouse: 's3://b/w', " + folders));
  ASSERT_TRUE(sql) << sql.error().message;
  EXPECT_THAT(std::get<catalog::SqlCatalogOptions>(sql->sinks[0].catalog).files.local_folders,
              ElementsAre("/mnt/a", "/mnt/b"));
  const auto rest = Parse(WithCatalog("type: rest\nrest: {uri: 'http://c', " + folders));
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_THAT(std::get<catalog::RestCatalogOptions>(rest->sinks[0].catalog).files.local_folders,
              ElementsAre("/mnt/a", "/mnt/b"));
  for (const char* folder : {"s3://b/w", "relative", "/mnt/../etc"}) {
    const auto wrong =
        Parse(WithCatalog("type: rest\nrest: {uri: 'http://c', local_folders: ['" + std::string(folder) + "']}"));
    ASSERT_FALSE(wrong) << folder;
    EXPECT_THAT(wrong.error().message, HasSubstr("local_folders"));
  }
}

TEST(ConfigTest, RestCatalogWithS3) {
  const auto config = Parse(WithCatalog(R"(type: rest
rest:
  uri: http://localhost:8181
  warehouse: s3://bucket/wh
  credential: ${TOKEN}
  properties: {oauth2-server-uri: "https://auth/token"})") +
                            "      s3: {region: eu, endpoint: 'http://m:9000', path_style_access: yes, "
                            "access_key_id: k, secret_access_key: s, session_token: t}\n");
  ASSERT_TRUE(config) << config.error().message;
  const auto& options = std::get<catalog::RestCatalogOptions>(config->sinks[0].catalog);
  EXPECT_EQ(options.uri, "http://localhost:8181");
  EXPECT_EQ(options.warehouse, "s3://bucket/wh");
  EXPECT_TRUE(options.credential == "hunter2");
  EXPECT_THAT(options.properties, ElementsAre(Pair("oauth2-server-uri", "https://auth/token")));
  EXPECT_THAT(options.io, UnorderedElementsAre(Pair("s3.region", "eu"), Pair("s3.endpoint", "http://m:9000"),
                                               Pair("s3.path-style-access", "true"), Pair("s3.access-key-id", "k"),
                                               Pair("s3.secret-access-key", "s"), Pair("s3.session-token", "t")));
}

TEST(ConfigErrorTest, WrongCatalogs) {
  const std::pair<const char*, const char*> kCases[] = {
      {"type: jdbc", "expected one of rest, sql, hive, glue, memory"},
      {"type: rest", "\"rest\" is missing"},
      {"type: rest\nrest: {uri: 'localhost:8181'}", "expected http://… or https://…"},
      {"type: sql\nsql: {uri: /d/c.db, warehouse: /w}", "with four slashes"},
      {"type: sql\nsql: {uri: 'mysql://x/y', warehouse: /w}", "no other database is built in"},
      {"type: sql\nsql: {uri: 'postgresql://me:hunter2@[x/y', warehouse: /w}",
       "none that Postgres's library understands"},
      {"type: sql\nsql: {uri: 'sqlite:////x', user: me, warehouse: /w}", "a file has no users"},
      {"type: sql\nsql: {uri: 'sqlite:////c.db'}", "\"warehouse\" is missing"},
      {"type: hive\nhive: {uri: 'hms:9083', warehouse: /w}", "expected thrift://HOST:PORT"},
      {"type: hive\nhive: {uri: 'thrift://hms', warehouse: 'hdfs://nn/w'}", "use s3:// or file:///"},
      {"type: hive\nhive: {uri: 'thrift://hms', warehouse: /w, kerberos: {}}", "not supported yet"},
      {"type: glue\nglue: {region: r}", "\"warehouse\" is missing"},
      {"type: glue\nwarehouse: s3://b", "a map with the settings of the glue catalog"},
      {"type: glue\nglue: {region: r, endpoint: 'h:1'}\nwarehouse: s3://b", "expected http(s)://HOST[:PORT]"},
      {"type: glue\nglue: {access_key_id: k}\nwarehouse: s3://b", "belong together; give both or none"},
      {"type: glue\nglue: {session_token: t}\nwarehouse: s3://b", "give all three"},
      {"type: glue\nglue: {profile: p, access_key_id: k, secret_access_key: s}\nwarehouse: s3://b", "give one of them"},
      {"type: glue\nglue: {lake_formation: true}\nwarehouse: s3://b", "not supported yet"},
      {"type: memory", "\"warehouse\" is missing"},
      {"type: memory\nwarehouse: hdfs:///w", "\"hdfs:\" is not supported: a warehouse on HDFS cannot be had"},
      {"type: memory\nwarehouse: ftp://h/w", "expected file:///…, s3://…, gs://…"},
      {"type: memory\nwarehouse: 'abfss://c@example.com/w'", "names a host that is not Azure's"},
      {"type: memory\nwarehouse: 'abfss://c:hunter2@a.dfs.core.windows.net/w'", "holds a password before"},
      {"type: memory\nwarehouse: 's3://me:hunter2@b/w'", "holds a user or a password before"},
      {"type: memory\nwarehouse: wh", "or an absolute path"},
      {"type: sql\nwarehouse: /w\nsql: {uri: 'sqlite:////c.db', warehouse: /w}", "warehouse: unknown key"},
  };
  for (const auto& [keys, expected] : kCases) EXPECT_THAT(ErrorsOf(WithCatalog(keys)), HasSubstr(expected)) << keys;
}

TEST(ConfigTest, StoragesAreReadUnderIcebergsNames) {
  const auto config =
      Parse(WithSink("gcs: {project_id: p, service_account_key: '{\"type\": 1}', endpoint: 'http://h:1'}\n"
                     "azure: {storage_account: a, access_key: k, endpoint: 'http://h:2'}"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const io::Properties expected = {{"gcs.project-id", "p"},
                                   {"gcs.service-account-key", "{\"type\": 1}"},
                                   {"gcs.service.host", "http://h:1"},
                                   {"adls.account-name", "a"},
                                   {"adls.account-key", "k"},
                                   {"adls.blob-storage-authority", "h:2"},
                                   {"adls.blob-storage-scheme", "http"},
                                   {"adls.dfs-storage-authority", "h:2"},
                                   {"adls.dfs-storage-scheme", "http"}};
  EXPECT_EQ(StorageOf(config->sinks[0].catalog), expected);
}

TEST(ConfigErrorTest, WrongStorages) {
  const std::pair<const char*, const char*> kCases[] = {
      {"gcs: {service_account_key: /no/such/key.json}", "expected a key file's path, or its JSON"},
      {"gcs: {service_account_key: '{}', anonymous: true}", "give one of them"},
      {"gcs: {endpoint: 'http://me:hunter2@h'}", "holds a user or a password"},
      {"azure: {access_key: k, sas_token: s}", "is a second way to say who asks"},
      {"azure: {client_secret: s}", "give all three"},
      {"azure: {endpoint: 'h:1'}", "expected http://HOST:PORT or https://HOST"},
      {"azure: {account: a}", "unknown key"},
  };
  for (const auto& [keys, expected] : kCases) EXPECT_THAT(ErrorsOf(WithSink(keys)), HasSubstr(expected)) << keys;
}

}  // namespace
}  // namespace frazil::app
