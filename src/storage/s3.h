// S3, and stores with the same protocol.
#pragma once

#include "storage/storage.h"

namespace frazil::storage {

// Missing settings come from the environment: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION
// (else us-east-1), and the AWS SDK's chain of credentials (environment, profile, web identity, container, instance). A
// custom endpoint is addressed path-style, unless s3.path-style-access is false.
//
// Delete leaves behind an empty object with the name of the file's directory, because Arrow's S3 file system keeps
// directories in this way. Readers ignore it.
const Storage& S3();

}  // namespace frazil::storage
