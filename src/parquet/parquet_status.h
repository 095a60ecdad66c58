// Parquet throws some of its errors and returns others.
#pragma once

#include <arrow/status.h>
#include <parquet/exception.h>

#include <exception>
#include <new>

namespace frazil::parquet {

// What `call`, which calls Parquet, returns or throws.
template <class F>
arrow::Status ParquetStatus(F&& call) {
  try {
    return call();
  } catch (const ::parquet::ParquetStatusException& e) {
    return e.status();
  } catch (const std::bad_alloc&) {
    return arrow::Status::OutOfMemory("no memory");
  } catch (const std::exception& e) {
    return arrow::Status::UnknownError(e.what());
  }
}

}  // namespace frazil::parquet
