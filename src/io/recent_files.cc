#include "io/recent_files.h"

#include <algorithm>

namespace frazil::io {

void RecentFiles::SetBelow(std::shared_ptr<FileIo> below) {
  std::lock_guard lock(mutex_);
  below_ = std::move(below);
}

std::shared_ptr<FileIo> RecentFiles::below() const {
  std::lock_guard lock(mutex_);
  return below_;
}

void RecentFiles::Forget(const std::string& location) {
  std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const auto& file) { return file.first == location; });
  if (found == files_.end()) return;
  bytes_ -= found->second.size();
  files_.erase(found);
}

Result<std::unique_ptr<OutputFile>> RecentFiles::Create(const std::string& location) {
  return below()->Create(location);
}
Result<std::unique_ptr<InputFile>> RecentFiles::Open(const std::string& location) { return below()->Open(location); }
Result<bool> RecentFiles::Exists(const std::string& location) { return below()->Exists(location); }

Status RecentFiles::Delete(const std::string& location) {
  Forget(location);
  return below()->Delete(location);
}

Status RecentFiles::Replace(const std::string& location, std::string_view bytes) {
  Forget(location);
  return below()->Replace(location, bytes);
}

Result<std::string> RecentFiles::ReadAll(const std::string& location) {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [name, bytes] : files_) {
      if (name == location) return bytes;
    }
  }
  return below()->ReadAll(location);
}

Status RecentFiles::WriteAll(const std::string& location, std::string_view bytes) {
  FRAZIL_RETURN_IF_ERROR(below()->WriteAll(location, bytes));
  if (bytes.size() > most_bytes_) return {};
  std::lock_guard lock(mutex_);
  files_.emplace_back(location, bytes);
  bytes_ += bytes.size();
  while (bytes_ > most_bytes_) {
    bytes_ -= files_.front().second.size();
    files_.pop_front();
  }
  return {};
}

Status RecentFiles::PrepareToWrite(const std::string& location) { return below()->PrepareToWrite(location); }

Status RecentFiles::CheckStored(const std::string& location, int64_t bytes) {
  return below()->CheckStored(location, bytes);
}

}  // namespace frazil::io
