// What can be done about findings without losing anything that is not lost: proposed, and done when somebody says so.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "ops/verify.h"
#include "table/table.h"

namespace frazil::ops {

// One commit.
struct Repair {
  std::string question;  // what is wrong and what would be done about it, for people, to be answered with yes or no
  // kFenced where the table has changed since it was looked at.
  std::function<Status()> apply;
};

// For what `report`, which is of the table as `table` has it, found:
//   lost-offsets    they are put back from the newest older metadata file that has them, brought up to the branch's
//                   commits since
//   wrong-count     of the offsets in the table: they are put right by the branch's commits, where all of them are kept
//   copied-table    the original's offsets are removed
//   doubled-file    it stays once
//   missing-file    data files that are not there are taken out, so that the rest can be read
// All else asks for more than a commit; its advice stands. Repairs refer to `table`.
Result<std::vector<Repair>> ProposeRepairs(const std::shared_ptr<table::Table>& table, const VerifyReport& report);

}  // namespace frazil::ops
