#include "catalog/glue/glue_files.h"

#include <algorithm>
#include <utility>

#include "aws/credential_chain.h"
#include "aws/profile.h"
#include "catalog/rest_storage.h"
#include "io/confined_file_io.h"
#include "storage/s3.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

// Settings of S3 with the credentials of `chain`.
Result<VendedStorage> StorageBy(aws::CredentialChain& chain, io::Properties properties) {
  FRAZIL_ASSIGN_OR_RETURN(const aws::Credentials credentials, chain.Get());
  properties["s3.access-key-id"] = credentials.access_key_id;
  properties["s3.secret-access-key"] = credentials.secret_access_key.Reveal();
  if (!credentials.session_token.empty()) properties["s3.session-token"] = credentials.session_token.Reveal();
  VendedStorage storage;
  storage.properties = std::move(properties);
  if (const auto renew = chain.RenewAtMillis(); renew && credentials.expire_at_ms) {
    storage.renew_at_ms = *renew;
    storage.expire_at_ms = std::max(*credentials.expire_at_ms, *renew);
  }
  return storage;
}

}  // namespace

Result<std::shared_ptr<io::FileIo>> OpenGlueFiles(const GlueCatalogOptions& options) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string region, aws::RegionOf(options.region, options.profile));
  io::Properties properties = options.io;
  if (!region.empty() && !properties.contains("s3.region")) properties.emplace("client.region", region);
  const bool same = !options.profile.empty() || !options.credentials.empty();
  if (!same || storage::S3().settings.SayWho(properties) || io::IsLocal(options.warehouse)) {
    return storage::MakeFileIo(properties);
  }
  const auto chain =
      std::make_shared<aws::CredentialChain>(aws::CredentialOptions{options.credentials, options.profile, region});
  FRAZIL_ASSIGN_OR_RETURN(auto storage, StorageBy(*chain, properties));
  return VendedFileIo::Make(std::move(storage), [chain, properties] { return StorageBy(*chain, properties); });
}

}  // namespace frazil::catalog
