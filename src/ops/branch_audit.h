// Proves one branch: its commits, its files, its rows, each against the others.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "ops/manifest_audit.h"
#include "ops/verify.h"
#include "table/offset_store.h"

namespace frazil::ops {

// `states`: those of the branch. `manifests` knows the live files of its head. Adds to `report`.
Status AuditBranch(const catalog::LoadedTable& table, const std::string& ref,
                   const std::vector<table::StoredState>& states, const ManifestAudit& manifests,
                   const VerifyOptions& options, VerifyReport& report);

}  // namespace frazil::ops
