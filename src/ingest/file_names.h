// Names of data files.
#pragma once

#include <atomic>
#include <string>

namespace frazil::ingest {

// Never gives a name twice, in no process (invariant "unique"). Thread-safe.
class FileNames {
 public:
  FileNames();
  std::string Next();

 private:
  const std::string run_;
  std::atomic<int> count_{0};
};

}  // namespace frazil::ingest
