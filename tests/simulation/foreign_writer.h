// What other engines do to the table meanwhile. Each change is made at one moment, on the table as it stands.
#pragma once

#include <string>
#include <vector>

#include "catalog_server.h"
#include "iceberg/manifest.h"

namespace frazil::simulation {

class World;

class ForeignWriter {
 public:
  explicit ForeignWriter(World& world) : world_(world) {}

  void Append();
  // All data files of the branch become one.
  void Compact();
  void ChangeSchema();
  // References that the table's settings let expire, then snapshots that no reference needs, and their files.
  void Expire();
  // The branch goes to another snapshot that the table has.
  void RollBack();

 private:
  void Commit(std::vector<iceberg::TableUpdate> updates);
  iceberg::DataFile NewFile(int64_t rows);
  void DeleteFilesOf(const std::vector<int64_t>& gone);

  World& world_;
  int files_ = 0;
};

}  // namespace frazil::simulation
