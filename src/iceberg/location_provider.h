// Where a table's files go (spec and reference: LocationProviders). Names are never used twice.
#pragma once

#include <string>

#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

class LocationProvider {
 public:
  explicit LocationProvider(const TableMetadata& metadata);

  // `partition_path` is empty for unpartitioned data. Honours write.data.path and write.object-storage.*.
  std::string DataFile(const std::string& partition_path, const std::string& file_name) const;
  // Honours write.metadata.path.
  std::string MetadataFile(const std::string& file_name) const;

 private:
  std::string data_;
  std::string metadata_;
  bool object_storage_;
  bool partitioned_paths_;
};

}  // namespace frazil::iceberg
