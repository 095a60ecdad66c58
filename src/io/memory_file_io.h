// Files in the memory of this process: for the memory catalog, for tests, and for anything that needs no disk.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/file_io.h"

namespace frazil::io {

// Thread-safe. Any text is a valid location. An open file keeps its bytes even if it is replaced or deleted.
class MemoryFileIo final : public FileIo {
 public:
  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  Status List(const std::string& folder, const ListedFiles& take) override;  // modified_ms is always 0

  std::vector<std::string> Locations() const;  // sorted

 private:
  class Writer;
  class Reader;
  Status PutNew(const std::string& location, std::string bytes);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>> files_;
};

}  // namespace frazil::io
