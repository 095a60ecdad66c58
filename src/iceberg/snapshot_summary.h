// The part of a snapshot's summary that describes changed files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "iceberg/data_file.h"
#include "iceberg/file_change.h"
#include "iceberg/snapshot.h"

namespace frazil::iceberg {

// Keys and values as in the reference implementation (SnapshotSummary). `gone` holds the entries that `delta` removed.
// A total is included only if the parent has it. `parent` is null at the beginning of a branch.
std::map<std::string, std::string> SummaryOfFiles(const FileDelta& delta, const std::vector<DataFile>& gone,
                                                  const Snapshot* parent);

}  // namespace frazil::iceberg
