// Files of this machine.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/file_io.h"
#include "io/local_folder.h"

namespace frazil::io {

// A file is written under a hidden temporary name beside its own, synced, renamed without overwriting, and its
// directory is synced too, so that what a commit names survives a power cut. Parent directories are made as needed.
// Only regular files are opened.
class LocalFileIo final : public FileIo {
 public:
  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  // Regular files alone; no link is followed. Temporary ones of writes under way are among them.
  Status List(const std::string& folder, const ListedFiles& take) override;
};

// The same in a folder that must stay the one it was, by the file's relative path; no link below it is followed.
enum class IfExists { kFail, kReplace };
Result<std::unique_ptr<OutputFile>> CreateLocalFile(std::shared_ptr<LocalFolder> folder, std::string_view file,
                                                    IfExists if_exists);
Status DeleteLocalFile(LocalFolder& folder, std::string_view file);  // Ok if it is not there

}  // namespace frazil::io
