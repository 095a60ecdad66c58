#include "io/file_io.h"

#include "common/limits.h"

namespace frazil::io {

Result<std::string> FileIo::ReadAll(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(auto file, Open(location));
  FRAZIL_ASSIGN_OR_RETURN(const int64_t size, file->Size());
  if (const Limit& most = CurrentLimits().metadata_file; size < 0 || size > most.amount()) {
    return Fail(ErrorKind::kCorrupt, "{} is {} bytes long, which is more than {} allows", location, size, most);
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  FRAZIL_RETURN_IF_ERROR(file->ReadAt(0, bytes));
  return bytes;
}

Status FileIo::WriteAll(const std::string& location, std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(auto file, Create(location));
  FRAZIL_RETURN_IF_ERROR(file->Write(bytes));
  return file->Close();
}

Status FileIo::List(const std::string& folder, const ListedFiles& /*take*/) {
  return Fail(ErrorKind::kUnsupported, "files below {} cannot be listed", folder);
}

}  // namespace frazil::io
