// Deletes the files of a table that its catalog has forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::ops {

// Every file that the metadata leads to, of all its snapshots: data first, then what names it, then metadata files.
// kInvalidArgument where the table says that its files are not to be deleted (gc.enabled: false, spec, "Table
// properties" of the reference), since others may use them. Any file that names others and cannot be read is an error.
Result<std::vector<std::string>> FilesOf(const catalog::LoadedTable& table);

struct PurgeReport {
  int64_t deleted = 0;
  std::vector<std::string> elsewhere;  // below none of the table's own locations: left where they are
  std::vector<std::string> failed;     // and why
};
// Deletes those of `files` that lie below the locations of `table` (its own, write.data.path, write.metadata.path).
PurgeReport DeleteFiles(const std::vector<std::string>& files, const catalog::LoadedTable& table);

}  // namespace frazil::ops
