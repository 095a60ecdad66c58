// Makes names of data files.
#pragma once

#include <atomic>
#include <string>

namespace frazil::ingest {

// Never makes the same name twice, not even in another process (invariant "unique" in docs/exactly-once.md).
// Thread-safe.
class FileNames {
 public:
  FileNames();
  std::string Next();

 private:
  const std::string run_;
  std::atomic<int> count_{0};
};

}  // namespace frazil::ingest
