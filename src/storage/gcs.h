// Google Cloud Storage.
#pragma once

#include "storage/storage.h"

namespace frazil::storage {

// Credentials, the first that is set: gcs.oauth2.token; gcs.service-account-key (the JSON text of a key file);
// gcs.no-auth: true (anonymous); Google's application default credentials (GOOGLE_APPLICATION_CREDENTIALS, gcloud's,
// the machine's). A server other than Google's is set with gcs.service.host (http://HOST:PORT), or else with
// STORAGE_EMULATOR_HOST.
const Storage& Gcs();

}  // namespace frazil::storage
