// What other engines do to a table meanwhile. Each change is made at one moment, on the table as it stands.
#pragma once

#include <string>
#include <vector>

#include "catalog_server.h"
#include "iceberg/manifest.h"

namespace frazil::simulation {

class World;

class ForeignWriter {
 public:
  ForeignWriter(World& world, Which which) : world_(world), which_(which) {}

  void Append();
  // All data files of the branch become one.
  void Compact();
  void ChangeSchema();
  // References that the table's settings let expire, then snapshots that no reference needs, and their files.
  void Expire();
  // The branch goes to another snapshot that the table has; `back_only`: one that it has passed.
  void RollBack(bool back_only);

 private:
  void Commit(std::vector<iceberg::TableUpdate> updates);
  iceberg::DataFile NewFile(int64_t rows);
  // Those that an engine or a process had added.
  std::vector<std::string> AddedColumns() const;
  // One of them.
  void DropColumn();
  void ChangeColumn();
  void DeleteFilesOf(const std::vector<int64_t>& gone);

  std::string_view Where() const { return which_ == Which::kMain ? "" : " of the errors table"; }

  World& world_;
  const Which which_;
  int files_ = 0;
};

}  // namespace frazil::simulation
