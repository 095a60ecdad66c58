// Proposes repairs for findings. A repair never loses data that is not lost already. It is applied only if the user
// agrees.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "ops/verify.h"
#include "table/table.h"

namespace frazil::ops {

// A repair is one commit.
struct Repair {
  std::string question;  // says what is wrong and what the repair does, as a yes-or-no question
  // Makes the commit. kFenced if the table has changed since it was read.
  std::function<Status()> apply;
};

// Proposes repairs for the findings of `report`, which must be about the current state of `table`:
//   lost-offsets    restore the offsets from the newest older metadata file that has them, and add the branch's commits
//                   since then
//   wrong-count     correct the offsets in the table from the branch's commits, if all commits are still known
//   copied-table    remove the original table's offsets
//   doubled-file    remove the second entry of the file
//   missing-file    remove data files that do not exist, so that the rest can be read
// Other findings need more than a commit; their advice says what to do. Repairs keep `table` alive.
Result<std::vector<Repair>> ProposeRepairs(const std::shared_ptr<table::Table>& table, const VerifyReport& report);

}  // namespace frazil::ops
