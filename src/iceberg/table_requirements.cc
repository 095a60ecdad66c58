// The requirements of a commit on the table.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "common/text/ascii_case.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {
namespace {

// Collects the requirements for a list of updates: each kind once, and each ref once.
class Requirements {
 public:
  explicit Requirements(const TableMetadata& base) : base_(base) {
    out_.emplace_back(AssertTableUuid{base.table_uuid});
  }

  void operator()(const SetSnapshotRef& update) {
    if (!refs_.insert(update.name).second) return;
    const auto found = base_.refs.find(update.name);
    std::optional<int64_t> head;
    if (found != base_.refs.end()) head = found->second.snapshot_id;
    out_.emplace_back(AssertRefSnapshotId{update.name, head});
  }
  void operator()(const AddSchema&) { Once(AssertLastAssignedFieldId{base_.last_column_id}); }
  void operator()(const SetCurrentSchema&) { Once(AssertCurrentSchemaId{base_.current_schema_id}); }
  void operator()(const AddPartitionSpec&) { Once(AssertLastAssignedPartitionId{base_.last_partition_id}); }
  void operator()(const SetDefaultSpec&) { Once(AssertDefaultSpecId{base_.default_spec_id}); }
  void operator()(const SetDefaultSortOrder&) { Once(AssertDefaultSortOrderId{base_.default_sort_order_id}); }
  template <class Other>
  void operator()(const Other&) {}

  std::vector<TableRequirement> Take() { return std::move(out_); }

 private:
  template <class Assertion>
  void Once(Assertion assertion) {
    const bool there = std::any_of(out_.begin(), out_.end(), [](const TableRequirement& requirement) {
      return std::holds_alternative<Assertion>(requirement);
    });
    if (!there) out_.emplace_back(assertion);
  }

  const TableMetadata& base_;
  std::set<std::string> refs_;
  std::vector<TableRequirement> out_;
};

template <class... Args>
tl::unexpected<Error> Conflict(fmt::format_string<Args...> format, Args&&... args) {
  return Fail(ErrorKind::kCommitConflict, "Commit conflict - table was modified concurrently: {}",
              fmt::format(format, std::forward<Args>(args)...));
}

Status SameId(std::string_view what, int32_t found, int32_t expected) {
  if (found == expected) return {};
  return Conflict("the {} is {}, expected {}", what, found, expected);
}

struct Check {
  const TableMetadata& base;

  Status operator()(const AssertCreate&) const { return Conflict("the table already exists"); }
  Status operator()(const AssertTableUuid& requirement) const {
    if (EqualsIgnoringCase(base.table_uuid, requirement.uuid)) return {};
    return Conflict("the table's uuid is {}, expected {}: it was dropped and made anew", base.table_uuid,
                    requirement.uuid);
  }
  Status operator()(const AssertRefSnapshotId& requirement) const {
    const auto found = base.refs.find(requirement.ref);
    if (found == base.refs.end()) {
      if (!requirement.snapshot_id) return {};
      return Conflict("branch or tag {} is gone, expected it at snapshot {}", requirement.ref,
                      *requirement.snapshot_id);
    }
    const int64_t head = found->second.snapshot_id;
    if (!requirement.snapshot_id) return Conflict("branch or tag {} was made at snapshot {}", requirement.ref, head);
    if (head == *requirement.snapshot_id) return {};
    return Conflict("branch or tag {} is at snapshot {}, expected {}", requirement.ref, head, *requirement.snapshot_id);
  }
  Status operator()(const AssertLastAssignedFieldId& requirement) const {
    return SameId("last assigned column id", base.last_column_id, requirement.last_assigned_field_id);
  }
  Status operator()(const AssertCurrentSchemaId& requirement) const {
    return SameId("current schema id", base.current_schema_id, requirement.current_schema_id);
  }
  Status operator()(const AssertLastAssignedPartitionId& requirement) const {
    return SameId("last assigned partition field id", base.last_partition_id, requirement.last_assigned_partition_id);
  }
  Status operator()(const AssertDefaultSpecId& requirement) const {
    return SameId("default partition spec id", base.default_spec_id, requirement.default_spec_id);
  }
  Status operator()(const AssertDefaultSortOrderId& requirement) const {
    return SameId("default sort order id", base.default_sort_order_id, requirement.default_sort_order_id);
  }
};

}  // namespace

std::vector<TableRequirement> RequirementsFor(const TableMetadata& base, const std::vector<TableUpdate>& updates) {
  Requirements requirements(base);
  for (const auto& update : updates) std::visit(requirements, update);
  return requirements.Take();
}

Status CheckRequirements(const TableMetadata* base, const std::vector<TableRequirement>& requirements) {
  for (const auto& requirement : requirements) {
    if (base == nullptr) {
      if (std::holds_alternative<AssertCreate>(requirement)) continue;
      return Conflict("the table does not exist any more");
    }
    FRAZIL_RETURN_IF_ERROR(std::visit(Check{*base}, requirement));
  }
  return {};
}

}  // namespace frazil::iceberg
