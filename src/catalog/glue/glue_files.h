// Files of tables in AWS Glue.
#pragma once

#include <memory>

#include "catalog/glue/glue_catalog.h"
#include "common/result.h"
#include "io/file_io.h"

namespace frazil::catalog {

// A FileIo by `options.io`. If that has no keys of S3, but the options name keys or a profile for Glue, these are used
// for S3 too, and renewed before they expire. Without them the S3 client goes through AWS's chain by itself. S3's
// region is by default Glue's.
Result<std::shared_ptr<io::FileIo>> OpenGlueFiles(const GlueCatalogOptions& options);

}  // namespace frazil::catalog
