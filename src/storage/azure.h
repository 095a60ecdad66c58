// Azure Blob Storage, with and without a hierarchical namespace.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "storage/storage.h"

namespace frazil::storage {

// Credentials for the storage account of a location. The first of these that is set counts:
//   adls.connection-string, adls.connection-string.ACCOUNT
//   adls.sas-token, adls.sas-token.ACCOUNT   a SAS token; catalogs vend the second form
//   adls.account-key, adls.auth.shared-key.account.key
//   adls.tenant-id, adls.client-id, adls.client-secret
//   AZURE_STORAGE_KEY in the environment
//   Azure's default chain: environment, workload identity, managed identity, the az command
// A server other than Azure's is set with adls.blob-storage-authority and adls.dfs-storage-authority (HOST:PORT), and
// with the keys adls.blob-storage-scheme and adls.dfs-storage-scheme.
//
// Unlike in other storages, a file is visible and empty while it is being written, because Arrow creates it first. An
// abandoned file is deleted. A process that dies leaves the empty file behind.
const Storage& Azure();

// The parts of a location.
struct AzurePlace {
  std::string container;
  std::string account;  // empty: the account in the settings
  std::string suffix;   // the end of the account's host names: ".core.windows.net"
  std::string path;
};
// Parses one of these forms:
//   abfs[s]://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH
//   wasb[s]://CONTAINER@ACCOUNT.blob.core.windows.net/PATH
//   SCHEME://CONTAINER/PATH
// kInvalidArgument if the location names no file, or a host that is not Azure's: that host would receive our
// credentials.
Result<AzurePlace> ParseAzureLocation(std::string_view location);

}  // namespace frazil::storage
