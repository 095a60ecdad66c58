// {type: glue}: tables in AWS Glue's data catalog, stored as the reference's GlueCatalog stores them.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"
#include "catalog/catalog.h"
#include "catalog/table_files.h"
#include "common/result.h"
#include "io/file_io.h"

namespace frazil::catalog {

struct GlueCatalogOptions {
  std::string warehouse;              // "s3://…"; a database without a location lies in WAREHOUSE/DATABASE.db
  std::string region = {};            // empty: from the profile or the environment
  std::string catalog_id = {};        // an AWS account's id; empty: the caller's account
  std::string endpoint = {};          // "http(s)://…"; empty: AWS's endpoint of the region
  std::string profile = {};           // empty: AWS's chain of credentials
  aws::Credentials credentials = {};  // used instead of profile and chain, if not empty
  io::Properties io = {};             // for MakeFileIo; without S3 keys, `profile` and `credentials` hold for S3 too
  FileRules files = {};
};
// Returns kInvalidArgument if the options are wrong. Connects to Glue with the first request. Credentials are looked
// for then too, unless `profile` is also used for S3.
Result<std::shared_ptr<Catalog>> OpenGlueCatalog(const GlueCatalogOptions& options);

}  // namespace frazil::catalog
