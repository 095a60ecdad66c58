// Files of this machine.
#pragma once

#include "io/file_io.h"

namespace frazil::io {

// A file is written under a hidden temporary name beside its own, synced, renamed without overwriting, and its
// directory is synced too, so that what a commit names survives a power cut. Parent directories are made as needed.
class LocalFileIo final : public FileIo {
 public:
  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
};

}  // namespace frazil::io
