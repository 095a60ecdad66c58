// A FileIo that forwards each call to the FileIo that serves the location.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/file_io.h"

namespace frazil::storage {

class RoutedFileIo : public io::FileIo {
 public:
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& location) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Create(location);
  }
  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Open(location);
  }
  Result<bool> Exists(const std::string& location) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Exists(location);
  }
  Status Delete(const std::string& location) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Delete(location);
  }
  Status Replace(const std::string& location, std::string_view bytes) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Replace(location, bytes);
  }
  Status PrepareToWrite(const std::string& location) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->PrepareToWrite(location);
  }
  Status List(const std::string& folder, const io::ListedFiles& take) final {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(folder));
    return io->List(folder, take);
  }

 private:
  // The FileIo for a location, opened when first needed. It lives as long as this object. Must be thread-safe.
  virtual Result<FileIo*> For(const std::string& location) = 0;
};

}  // namespace frazil::storage
