// Parquet throws some errors and returns others. This turns both into an arrow::Status.
#pragma once

#include <arrow/status.h>
#include <parquet/exception.h>

#include <exception>
#include <new>

namespace frazil::parquet {

// Calls `call`, which calls Parquet, and returns its status. An exception becomes a status.
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
