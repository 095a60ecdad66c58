// Holds what readers believe of a data file, to skip it, or parts of it,
// against the file.
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
  // Not `deep`: footers alone are read; only where they do not fit what the
  // manifest says are the pages of that column read, which have the last word,
  // for some writers cut what they put in footers. `deep`: all pages are.
  StatisticsAudit(const iceberg::TableMetadata& metadata, bool deep);

  // What is wrong: the columns as readers would look for them; counts and
  // bounds of the manifest and, if deep, of the footer; the value of each row
  // in what the file is partitioned by. kCorrupt where the file cannot be read.
  Result<table::Findings> Check(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader) const;

 private:
  class OneFile;

  const iceberg::TableMetadata& metadata_;
  const iceberg::SchemaPtr schema_;
  const bool deep_;
  std::optional<iceberg::NameMapping> mapping_;
};

}  // namespace frazil::ops
