// Files in the local file system.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/file_io.h"
#include "io/local_folder.h"

namespace frazil::io {

// Create writes to a hidden temporary file in the same directory. Close syncs the file, renames it without overwriting,
// and syncs the directory, so that the files of a commit survive a power cut. Missing parent directories are created.
// Open refuses anything but regular files.
class LocalFileIo final : public FileIo {
 public:
  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  // Lists regular files only, and follows no symbolic link. Temporary files of unfinished writes are included.
  Status List(const std::string& folder, const ListedFiles& take) override;
};

// Create and Delete by a relative path in a LocalFolder, which notices when the folder is replaced by another one. No
// symbolic link below the folder is followed.
enum class IfExists { kFail, kReplace };
Result<std::unique_ptr<OutputFile>> CreateLocalFile(std::shared_ptr<LocalFolder> folder, std::string_view file,
                                                    IfExists if_exists);
Status DeleteLocalFile(LocalFolder& folder, std::string_view file);  // a missing file is no error

}  // namespace frazil::io
