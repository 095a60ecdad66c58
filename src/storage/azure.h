// Azure's blob storage, with and without a hierarchical namespace.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "storage/storage.h"

namespace frazil::storage {

// Who asks, for the account of a location: adls.connection-string (or adls.connection-string.ACCOUNT), a SAS token
// (adls.sas-token or adls.sas-token.ACCOUNT, as catalogs vend them), an account key (adls.account-key, or
// adls.auth.shared-key.account.key), a client (adls.tenant-id, adls.client-id, adls.client-secret), or else Azure's
// default chain: environment, workload identity, managed identity, the az command. adls.blob-storage-authority and
// adls.dfs-storage-authority, with -scheme, are where the server is if it is not Azure's (HOST:PORT).
//
// Unlike elsewhere, a file that is being written is seen, empty, before it is closed: Arrow makes it so. Given up, it
// is deleted; a process that dies leaves it.
const Storage& Azure();

// What a location names.
struct AzurePlace {
  std::string container;
  std::string account;  // empty: the one of the settings
  std::string suffix;   // of the account's hosts: ".core.windows.net"
  std::string path;
};
// abfs[s]://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH, wasb[s]://CONTAINER@ACCOUNT.blob.core.windows.net/PATH, or
// CONTAINER/PATH alone. kInvalidArgument where it names no file, or a host that is not Azure's: that would get our
// credentials.
Result<AzurePlace> ParseAzureLocation(std::string_view location);

}  // namespace frazil::storage
