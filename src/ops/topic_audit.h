// Reads a topic again, as far back as it still has records, and compares it with the offsets that a table accounts for.
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
  int64_t offsets = 0;    // how many offsets were compared
  int64_t records = 0;    // how many of them are visible records
  int64_t unreached = 0;  // accounted offsets that the topic no longer has
  bool compacted = false;
};

// `census`, if given, knows which offsets have rows. `removed` is the number of rows that others may have removed.
// `log` must read the account's topic. Differences become findings. Another topic of the same name, or another cluster,
// is a finding too, and then nothing is compared.
Result<TopicAudit> AuditTopic(source::Log& log, source::Topics& topics, const table::OffsetAccount& account,
                              const OffsetCensus* census, int64_t removed, table::Findings& findings);

}  // namespace frazil::ops
