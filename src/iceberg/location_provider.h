// Computes the locations of a table's files (reference: LocationProviders).
#pragma once

#include <string>

#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

class LocationProvider {
 public:
  explicit LocationProvider(const TableMetadata& metadata);

  // The location of a data file. `partition_path` is empty for unpartitioned data. Honours write.data.path and
  // write.object-storage.*. If a path would be longer than file systems and object stores allow, a part of it is
  // replaced by a hash. That is allowed, because readers do not interpret paths (spec, "Partitioning").
  std::string DataFile(const std::string& partition_path, const std::string& file_name) const;
  // Honours write.metadata.path.
  std::string MetadataFile(const std::string& file_name) const;
  // The folders of data files and metadata files.
  const std::string& data_folder() const { return data_; }
  const std::string& metadata_folder() const { return metadata_; }

 private:
  bool object_storage_;
  bool partitioned_paths_;
  std::string data_;
  std::string metadata_;
  std::string context_;  // put before the file's name if the data path is not below the table's location
};

}  // namespace frazil::iceberg
