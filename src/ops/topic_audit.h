// Reads a topic again, as far as it reaches back, and holds it against what a table accounts for.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "ops/offset_census.h"
#include "source/log.h"
#include "source/topics.h"
#include "table/finding.h"
#include "table/offset_account.h"

namespace frazil::ops {

struct TopicAudit {
  int64_t offsets = 0;    // compared
  int64_t records = 0;    // visible among them
  int64_t unreached = 0;  // offsets that the table accounts for and the topic no longer has
  bool compacted = false;
};

// `census`: if there, which offsets are rows of the table. `removed`: rows that others may have taken out. `log`
// reads the account's topic. What differs becomes a finding, another topic of the same name too.
Result<TopicAudit> AuditTopic(source::Log& log, source::Topics& topics, const table::OffsetAccount& account,
                              const OffsetCensus* census, int64_t removed, table::Findings& findings);

}  // namespace frazil::ops
