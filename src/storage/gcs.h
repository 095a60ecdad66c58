// Google Cloud Storage.
#pragma once

#include "storage/storage.h"

namespace frazil::storage {

// Who asks: gcs.oauth2.token, gcs.service-account-key (the JSON of a key file), nobody (gcs.no-auth: true), or
// else Google's application default credentials: GOOGLE_APPLICATION_CREDENTIALS, gcloud's, the machine's.
// gcs.service.host is where the server is if it is not Google's (http://HOST:PORT); without it STORAGE_EMULATOR_HOST.
const Storage& Gcs();

}  // namespace frazil::storage
