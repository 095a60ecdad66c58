// What Arrow says, as an error of ours: a lack of memory is told from what is wrong with the data.
#pragma once

#include <arrow/status.h>

#include <string_view>

#include "common/result.h"
#include "common/system/out_of_memory.h"

namespace frazil::parquet {

// `doing`: "splitting rows by partition". Of `kind` where there was memory.
[[nodiscard]] inline tl::unexpected<Error> ArrowError(const arrow::Status& status, std::string_view doing,
                                                      ErrorKind kind = ErrorKind::kInternal) {
  if (status.IsOutOfMemory()) return OutOfMemory(doing);
  return Fail(kind, "{}: {}", doing, status.ToString());
}

}  // namespace frazil::parquet
