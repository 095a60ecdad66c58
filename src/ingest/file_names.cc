#include "ingest/file_names.h"

#include <fmt/format.h>

#include "common/random.h"

namespace frazil::ingest {

FileNames::FileNames() : run_(RandomUuid()) {}

std::string FileNames::Next() { return fmt::format("{:05}-{}.parquet", ++count_, run_); }

}  // namespace frazil::ingest
