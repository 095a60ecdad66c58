// Converts Arrow's status to an Error. Running out of memory is kept apart from errors in the data.
#pragma once

#include <arrow/status.h>

#include <string_view>

#include "common/result.h"
#include "common/system/out_of_memory.h"

namespace frazil::parquet {

// `doing` begins the message: "splitting rows by partition". The kind is kUnavailable if memory ran out, else `kind`.
[[nodiscard]] inline tl::unexpected<Error> ArrowError(const arrow::Status& status, std::string_view doing,
                                                      ErrorKind kind = ErrorKind::kInternal) {
  if (status.IsOutOfMemory()) return OutOfMemory(doing);
  return Fail(kind, "{}: {}", doing, status.ToString());
}

}  // namespace frazil::parquet
