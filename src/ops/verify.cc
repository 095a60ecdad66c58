#include "ops/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "iceberg/table_rules.h"
#include "ops/branch_audit.h"
#include "ops/file_audit.h"
#include "ops/manifest_audit.h"
#include "table/branch_history.h"
#include "table/offset_store.h"

namespace frazil::ops {
namespace {

using table::StoredState;

Result<std::vector<StoredState>> ReadStates(const catalog::LoadedTable& table, table::Findings& findings) {
  auto states = table::StoredStates(*table.metadata, *table.io);
  if (states) return states;
  const ErrorKind kind = states.error().kind;
  if (kind != ErrorKind::kCorrupt && kind != ErrorKind::kNotFound) return states;
  findings.push_back({table::FindingKind::kLostOffsets, "the offsets in the table",
                      "they cannot be read: " + states.error().message,
                      "put them back from an older metadata file of the table before any pipeline runs again"});
  return std::vector<StoredState>{};
}

// The branches to be verified.
std::set<std::string> BranchesOf(const iceberg::TableMetadata& metadata, const std::vector<StoredState>& states) {
  std::set<std::string> refs;
  if (metadata.RefHead(iceberg::kMainBranch) != nullptr) refs.emplace(iceberg::kMainBranch);
  for (const StoredState& stored : states) refs.insert(stored.state.ref);
  return refs;
}

void Describe(const iceberg::TableMetadata& metadata, const ManifestAudit& manifests, VerifyReport& report) {
  report.table_uuid = metadata.table_uuid;
  report.snapshot_id = metadata.current_snapshot_id;
  report.snapshots = static_cast<int64_t>(metadata.snapshots.size());
  report.manifests = manifests.manifests;
  if (!metadata.current_snapshot_id) return;
  const auto current = manifests.snapshots.find(*metadata.current_snapshot_id);
  if (current == manifests.snapshots.end()) return;
  report.files = current->second.files;
  report.rows = current->second.rows;
  report.delete_files = current->second.delete_files;
}

// Checks the parts of the metadata that readers need before they open any file.
void AuditSchemas(const iceberg::TableMetadata& metadata, table::Findings& findings) {
  const Status loadable = iceberg::CheckLoadable(metadata);
  if (loadable) return;
  findings.push_back({table::FindingKind::kUnloadableSchema, "the table's metadata", loadable.error().message,
                      "no pipeline adds to it any more: feed a new table in its place, where records that want such a "
                      "column are bad records"});
}

}  // namespace

Result<VerifyReport> Verify(const catalog::LoadedTable& table, const VerifyOptions& options) {
  const iceberg::TableMetadata& metadata = *table.metadata;
  VerifyReport report;
  AuditSchemas(metadata, report.findings);
  FRAZIL_ASSIGN_OR_RETURN(const auto states, ReadStates(table, report.findings));
  const std::set<std::string> refs = BranchesOf(metadata, states);
  std::set<int64_t> heads;
  for (const std::string& ref : refs) {
    if (const auto* head = metadata.RefHead(ref)) heads.insert(head->snapshot_id);
  }
  FRAZIL_ASSIGN_OR_RETURN(const ManifestAudit manifests, AuditManifests(metadata, heads, *table.io, report.findings));
  Describe(metadata, manifests, report);
  for (const std::string& ref : refs) {
    std::vector<StoredState> its_states;
    std::copy_if(states.begin(), states.end(), std::back_inserter(its_states),
                 [&](const StoredState& stored) { return stored.state.ref == ref; });
    FRAZIL_RETURN_IF_ERROR(AuditBranch(table, ref, its_states, manifests, options, report));
  }
  FRAZIL_RETURN_IF_ERROR(AuditPresence(manifests.history, *table.io, report.findings));
  Sort(report.findings);
  return report;
}

}  // namespace frazil::ops
