// A FileIo that remembers the files that were recently written through it.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "io/file_io.h"

namespace frazil::io {

// A cache for small files that never change and are soon read again. ReadAll returns what WriteAll wrote without asking
// the storage, as long as the file is among the last `most_bytes` bytes written. All other calls go to the FileIo
// below. Thread-safe.
class RecentFiles final : public FileIo {
 public:
  explicit RecentFiles(size_t most_bytes) : most_bytes_(most_bytes) {}

  // Sets the FileIo that does the work. Call it before anything else, and again when a table's credentials have brought
  // a new FileIo.
  void SetBelow(std::shared_ptr<FileIo> below);

  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  Status List(const std::string& folder, const ListedFiles& take) override { return below()->List(folder, take); }
  Result<std::string> ReadAll(const std::string& location) override;
  Status WriteAll(const std::string& location, std::string_view bytes) override;
  Status PrepareToWrite(const std::string& location) override;
  Status CheckStored(const std::string& location, int64_t bytes) override;

 private:
  std::shared_ptr<FileIo> below() const;
  void Forget(const std::string& location);

  const size_t most_bytes_;
  mutable std::mutex mutex_;  // guards the members below
  std::shared_ptr<FileIo> below_;
  std::deque<std::pair<std::string, std::string>> files_;  // location and bytes, oldest first
  size_t bytes_ = 0;
};

}  // namespace frazil::io
