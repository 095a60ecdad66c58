// Verifies a table: proves from its own history that every offset is in it exactly once.
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
  kNone,      // not proved; the findings or `unproved` say why
  kByCount,   // the ranges have no gap, and there are as many rows as were committed
  kByOffset,  // every offset that was committed as a row is exactly one row
};

struct AccountReport {
  std::string ref;
  table::OffsetAccount account;
  int64_t commits = 0;  // commits in the kept history
  Proof proof = Proof::kNone;
  std::optional<TopicAudit> topic;  // set if the topic was read
};

struct WriterReport {
  std::string name;
  int64_t commits = 0;
  int64_t rewrites = 0;  // those that only rewrote the same rows
  int64_t added_rows = 0;
  int64_t removed_rows = 0;
};

struct VerifyReport {
  std::string table_uuid;
  std::optional<int64_t> snapshot_id;  // the current snapshot
  int64_t snapshots = 0;
  int64_t manifests = 0;
  int64_t files = 0;  // this and the next three belong to the current snapshot
  int64_t delete_files = 0;
  int64_t deleted_rows = 0;  // rows that delete files remove, as far as that was checked
  int64_t rows = 0;
  // the time of the oldest commit in main's kept history; nullopt if nothing expired
  std::optional<int64_t> history_from_ms;
  std::vector<AccountReport> accounts;
  std::vector<WriterReport> others;   // other writers in main's history
  table::Findings findings;           // empty if the table is sound
  std::vector<std::string> unproved;  // what cannot be proved, and why; one sentence each
};

struct VerifyOptions {
  bool exclusive = false;  // only pipelines may write: commits of others are findings
  bool deep = false;       // read every page of every file, and apply equality deletes
  // For `deep`: the number of bytes that pages may take. Called before the first page is read. If not set, there is no
  // limit.
  std::function<int64_t()> page_memory;
  // If set, each topic is compared with the table. It must open the source of a pipeline, narrowed to one topic.
  using OpenTopic =
      std::function<Result<std::unique_ptr<source::Source>>(const std::string& pipeline, const std::string& topic)>;
  OpenTopic open_topic;
};

// Returns the report, with all findings. An error means that the table could not be read.
Result<VerifyReport> Verify(const catalog::LoadedTable& table, const VerifyOptions& options);

}  // namespace frazil::ops
