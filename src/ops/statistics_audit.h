// Checks the statistics of a data file, by which readers skip the file or parts of it, against its contents.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/name_mapping.h"
#include "iceberg/table_metadata.h"
#include "ops/file_audit.h"
#include "ops/manifest_audit.h"
#include "parquet/data_file_reader.h"
#include "table/finding.h"

namespace frazil::ops {

// Thread-safe.
class StatisticsAudit {
 public:
  // With `deep`, all pages are read. Without it only footers are read. If a footer contradicts the manifest, the pages
  // of that column are read too and decide, because some writers cut the values that they put into footers.
  StatisticsAudit(const iceberg::TableMetadata& metadata, bool deep);

  // Returns what is wrong with the columns as readers look for them, with the counts and bounds in the manifest (with
  // `deep` also in the footer), and with the rows' values of the partition fields. kCorrupt if the file cannot be read.
  Result<table::Findings> Check(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader) const;

 private:
  class OneFile;

  const iceberg::TableMetadata& metadata_;
  const iceberg::SchemaPtr schema_;
  const bool deep_;
  std::optional<iceberg::NameMapping> mapping_;
};

}  // namespace frazil::ops
