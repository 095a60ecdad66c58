// Proves from a table's own history that every offset is in it once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "ops/topic_audit.h"
#include "source/source.h"
#include "table/finding.h"
#include "table/offset_account.h"

namespace frazil::ops {

enum class Proof : uint8_t {
  kNone,      // what is wrong with it is among the findings
  kByCount,   // ranges join, and rows are as many as were committed
  kByOffset,  // each offset that is to be a row is one row
};

struct AccountReport {
  std::string ref;
  table::OffsetAccount account;
  int64_t commits = 0;  // that the history still has
  Proof proof = Proof::kNone;
  std::optional<TopicAudit> topic;  // if it was read
};

struct WriterReport {
  std::string name;
  int64_t commits = 0;
  int64_t rewrites = 0;  // of them, those that only wrote the same rows anew
  int64_t added_rows = 0;
  int64_t removed_rows = 0;
};

struct VerifyReport {
  std::string table_uuid;
  std::optional<int64_t> snapshot_id;  // the current one
  int64_t snapshots = 0;
  int64_t manifests = 0;
  int64_t files = 0;  // of the current snapshot; so are the next
  int64_t delete_files = 0;
  int64_t deleted_rows = 0;  // of those, what delete files take out when the table is read, as far as it was looked at
  int64_t rows = 0;
  std::optional<int64_t> history_from_ms;  // the oldest commit that main's history still has; absent: nothing expired
  std::vector<AccountReport> accounts;
  std::vector<WriterReport> others;   // in main's history
  table::Findings findings;           // empty: the table is sound
  std::vector<std::string> unproved;  // what cannot be proved, and why: a sentence each
};

struct VerifyOptions {
  bool exclusive = false;  // nobody else is to write: what others did is a finding
  bool deep = false;       // reads every page of every file, and applies equality deletes
  // For `deep`: bytes that may be taken for pages, asked when the first is to be read. Without it there is no limit.
  std::function<int64_t()> page_memory;
  // If there: opens what a pipeline reads, narrowed to one topic, for the topic to be held against the table.
  using OpenTopic =
      std::function<Result<std::unique_ptr<source::Source>>(const std::string& pipeline, const std::string& topic)>;
  OpenTopic open_topic;
};

// The findings may be few or many; an error says that the table could not be looked at.
Result<VerifyReport> Verify(const catalog::LoadedTable& table, const VerifyOptions& options);

}  // namespace frazil::ops
