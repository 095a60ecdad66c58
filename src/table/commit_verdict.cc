#include "table/commit_verdict.h"

namespace frazil::table {

Verdict TryJudge::OfLoad(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kCommitConflict:
      return {Verdict::Kind::kMoved, error};
    case ErrorKind::kCommitUnknown:
    case ErrorKind::kUnavailable:
      return {Verdict::Kind::kUnheard, error};
    default:
      return {Verdict::Kind::kOver, error};
  }
}

Verdict TryJudge::OfTry(const Error& error, int64_t base_sequence_number) {
  const bool fenced = error.kind == ErrorKind::kFenced;
  const bool may_be_stale = fenced ? !doubted_ : error.kind == ErrorKind::kNotFound;
  if (!may_be_stale || judged_on_ == base_sequence_number) return OfLoad(error);
  judged_on_ = base_sequence_number;
  doubted_ |= fenced;
  return {Verdict::Kind::kMoved, {ErrorKind::kCommitConflict, "the table moved on: " + error.message}};
}

bool IsRefusal(const Error& error) {
  return error.kind == ErrorKind::kInvalidArgument || error.kind == ErrorKind::kUnsupported ||
         error.kind == ErrorKind::kUnauthorized;
}

}  // namespace frazil::table
