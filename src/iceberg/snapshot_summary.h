// What a snapshot's summary says of the files that its commit changed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "iceberg/data_file.h"
#include "iceberg/file_change.h"
#include "iceberg/snapshot.h"

namespace frazil::iceberg {

// Keys and values by the names of the reference (SnapshotSummary). `gone` are the entries that `delta` took out. A
// total is there only if the parent knew it; null: the branch begins.
std::map<std::string, std::string> SummaryOfFiles(const FileDelta& delta, const std::vector<DataFile>& gone,
                                                  const Snapshot* parent);

}  // namespace frazil::iceberg
