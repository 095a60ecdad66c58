// Checks the row origins in the footers of data files against the offsets that commits account for.
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
  int64_t files = 0;  // files whose footer has row origins
  // Accounts for which, in every Kafka partition, these files hold exactly as many rows as were committed.
  std::set<const table::OffsetAccount*> proved;
};

// `footers` belongs to `files` (AuditFiles), and each file is listed once. `kept` says that no other program can have
// removed or rewritten files of pipelines; then rows that are in no file are reported as missing.
OriginAudit AuditOrigins(const std::vector<LiveFile>& files, const std::vector<std::optional<FileFooter>>& footers,
                         const table::OffsetAccounts& accounts, bool kept, table::Findings& findings);

}  // namespace frazil::ops
