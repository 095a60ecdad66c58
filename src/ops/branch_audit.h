// Audits one branch: checks its commits, files and rows against each other.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "ops/manifest_audit.h"
#include "ops/verify.h"
#include "table/offset_store.h"

namespace frazil::ops {

// `states` holds the offset states of the branch. `manifests` must know the live files of the branch's head. The
// results are added to `report`. An error means that the storage or the topic could not be read.
Status AuditBranch(const catalog::LoadedTable& table, const std::string& ref,
                   const std::vector<table::StoredState>& states, const ManifestAudit& manifests,
                   const VerifyOptions& options, VerifyReport& report);

}  // namespace frazil::ops
