#include "ingest/error_limit.h"

namespace frazil::ingest {

Status ErrorLimit::Count(int64_t count, const std::string& one) {
  if (!most_) return {};
  const auto now = clock_.Steady();
  std::lock_guard lock(mutex_);
  if (!begin_ || now - *begin_ >= interval_) {
    begin_ = now;
    count_ = 0;
    first_ = one;
  }
  count_ += count;
  if (count_ <= *most_) return {};
  return Fail(
      ErrorKind::kBadRecord,
      "{} bad records came within {} s, more than 'max_errors: {}' allows. The first: {}. Nothing was committed "
      "since the last commit, and these records are read again: mend the producer or the schema, or allow more",
      count_, std::chrono::duration_cast<std::chrono::seconds>(interval_).count(), *most_, first_);
}

}  // namespace frazil::ingest
