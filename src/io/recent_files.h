// A FileIo that remembers what was lately written through it.
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

// For small files that never change and are read again soon: ReadAll of what WriteAll has put asks no storage as long
// as it is among the last `most_bytes`. Everything else goes to the FileIo below. Thread-safe.
class RecentFiles final : public FileIo {
 public:
  explicit RecentFiles(size_t most_bytes) : most_bytes_(most_bytes) {}

  // To be called before anything else; again when a table's credentials have come with another FileIo.
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
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<FileIo> below_;
  std::deque<std::pair<std::string, std::string>> files_;  // location and bytes, oldest first
  size_t bytes_ = 0;
};

}  // namespace frazil::io
