#include "io/memory_file_io.h"

#include <algorithm>

#include "io/location.h"

namespace frazil::io {

class MemoryFileIo::Writer final : public OutputFile {
 public:
  Writer(MemoryFileIo* io, std::string location) : io_(io), location_(std::move(location)) {}

  Status Write(std::string_view bytes) override {
    bytes_ += bytes;
    position_ += static_cast<int64_t>(bytes.size());
    return {};
  }
  Status Close() override { return io_->PutNew(location_, std::move(bytes_)); }
  int64_t position() const override { return position_; }

 private:
  MemoryFileIo* io_;
  std::string location_;
  std::string bytes_;
  int64_t position_ = 0;  // outlives Close, which gives the bytes away
};

class MemoryFileIo::Reader final : public InputFile {
 public:
  Reader(std::string location, std::shared_ptr<const std::string> bytes)
      : location_(std::move(location)), bytes_(std::move(bytes)) {}

  Result<int64_t> Size() override { return static_cast<int64_t>(bytes_->size()); }
  Status ReadAt(int64_t offset, std::span<char> out) override {
    const auto size = static_cast<int64_t>(bytes_->size());
    if (offset < 0 || offset > size || static_cast<int64_t>(out.size()) > size - offset) {
      return Fail(ErrorKind::kIo, "{}: {} bytes at {} are beyond its end at {}", location_, out.size(), offset, size);
    }
    std::copy_n(bytes_->begin() + offset, out.size(), out.begin());
    return {};
  }

 private:
  std::string location_;
  std::shared_ptr<const std::string> bytes_;
};

Result<std::unique_ptr<OutputFile>> MemoryFileIo::Create(const std::string& location) {
  return std::make_unique<Writer>(this, location);
}

Result<std::unique_ptr<InputFile>> MemoryFileIo::Open(const std::string& location) {
  std::lock_guard lock(mutex_);
  const auto found = files_.find(location);
  if (found == files_.end()) return Fail(ErrorKind::kNotFound, "{}: no such file", location);
  return std::make_unique<Reader>(location, found->second);
}

Result<bool> MemoryFileIo::Exists(const std::string& location) {
  std::lock_guard lock(mutex_);
  return files_.contains(location);
}

Status MemoryFileIo::Delete(const std::string& location) {
  std::lock_guard lock(mutex_);
  files_.erase(location);
  return {};
}

Status MemoryFileIo::List(const std::string& folder, const ListedFiles& take) {
  const std::string below = StripTrailingSlashes(folder) + "/";
  std::vector<ListedFile> found;
  {
    std::lock_guard lock(mutex_);
    for (auto at = files_.lower_bound(below); at != files_.end() && at->first.starts_with(below); ++at) {
      found.push_back({at->first, static_cast<int64_t>(at->second->size()), 0});
    }
  }
  for (const ListedFile& file : found) FRAZIL_RETURN_IF_ERROR(take(file));
  return {};
}

std::vector<std::string> MemoryFileIo::Locations() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> locations;
  locations.reserve(files_.size());
  for (const auto& [location, bytes] : files_) locations.push_back(location);
  return locations;
}

Status MemoryFileIo::Replace(const std::string& location, std::string_view bytes) {
  auto stored = std::make_shared<const std::string>(bytes);
  std::lock_guard lock(mutex_);
  files_[location] = std::move(stored);
  return {};
}

Status MemoryFileIo::PutNew(const std::string& location, std::string bytes) {
  auto stored = std::make_shared<const std::string>(std::move(bytes));
  std::lock_guard lock(mutex_);
  if (!files_.emplace(location, std::move(stored)).second) {
    return Fail(ErrorKind::kAlreadyExists, "{}: the file is already there", location);
  }
  return {};
}

}  // namespace frazil::io
