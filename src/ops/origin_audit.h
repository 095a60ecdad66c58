// Holds what data files say of where their rows came from against what the commits account for.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ops/file_audit.h"
#include "ops/manifest_audit.h"
#include "table/finding.h"
#include "table/offset_account.h"

namespace frazil::ops {

struct OriginAudit {
  int64_t files = 0;  // that tell their origins
  // Accounts all of whose rows are in such files, for each Kafka partition as many as were committed.
  std::set<const table::OffsetAccount*> proved;
};

// `files`, each once, and `footers`, one a file, as AuditFiles gives them. `kept`: nobody else can have removed or
// rewritten files of ours, so that rows which are in none of them are lost.
OriginAudit AuditOrigins(const std::vector<LiveFile>& files, const std::vector<std::optional<FileFooter>>& footers,
                         const table::OffsetAccounts& accounts, bool kept, table::Findings& findings);

}  // namespace frazil::ops
