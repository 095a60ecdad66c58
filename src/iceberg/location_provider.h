// Where a table's files go (spec and reference: LocationProviders). Names are never used twice.
#pragma once

#include <string>

#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

class LocationProvider {
 public:
  explicit LocationProvider(const TableMetadata& metadata);

  // `partition_path` is empty for unpartitioned data. Honours write.data.path and write.object-storage.*. Of a path
  // that would be longer than file systems and object stores let names be, a part is told by its hash: paths are
  // cosmetic (spec, "Partitioning").
  std::string DataFile(const std::string& partition_path, const std::string& file_name) const;
  // Honours write.metadata.path.
  std::string MetadataFile(const std::string& file_name) const;
  // Below which they lie.
  const std::string& data_folder() const { return data_; }
  const std::string& metadata_folder() const { return metadata_; }

 private:
  bool object_storage_;
  bool partitioned_paths_;
  std::string data_;
  std::string metadata_;
  std::string context_;  // names put before the file where the data path is not the table's own
};

}  // namespace frazil::iceberg
