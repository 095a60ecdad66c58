// S3 and what speaks its protocol.
#pragma once

#include "storage/storage.h"

namespace frazil::storage {

// What the settings lack comes from AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION (else
// us-east-1) and the AWS SDK's chain of credentials (environment, profile, web identity, container, instance). An
// endpoint of one's own is addressed path-style unless s3.path-style-access is false.
//
// Delete leaves an empty object named as the file's directory behind: Arrow's S3 file system keeps directories alive
// that way. Readers pass over it.
const Storage& S3();

}  // namespace frazil::storage
