#include "io/confined_file_io.h"

#include <algorithm>
#include <utility>

#include "io/local_file_io.h"
#include "io/location.h"

namespace frazil::io {
namespace {

Result<int64_t> SizeAt(FileIo& io, const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const auto file, io.Open(location));
  return file->Size();
}

}  // namespace

bool IsLocal(const std::string& location) {
  const std::string_view scheme = SchemeOf(location);
  return scheme.empty() || scheme == "file";
}

Result<std::string> PlainLocation(const std::string& location) {
  const bool local = IsLocal(location);
  std::string text;
  if (local) {
    FRAZIL_ASSIGN_OR_RETURN(text, LocalPathOf(location));
  } else if (const auto authority = location.find("://"); authority != std::string::npos) {
    text = location.substr(authority + 3);
  } else {
    text = location;
  }
  std::string plain;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view name = std::string_view(text).substr(begin, end - begin);
    if (name == "." || name == "..") {
      return Fail(ErrorKind::kInvalidArgument, "'{}' is no place for a table's files: it goes by way of '{}'", location,
                  name);
    }
    // An object's key may have empty parts ("a//b"). In a path they mean nothing.
    if (!(local && name.empty())) {
      if (local || begin > 0) plain += '/';
      plain += name;
    }
    begin = end + 1;
  }
  if (plain.empty()) plain = "/";
  return plain;
}

bool LiesIn(std::string_view plain, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return plain.starts_with(folder) && (plain.size() == folder.size() || plain[folder.size()] == '/');
}

Result<ConfinedFileIo::Found> ConfinedFileIo::PlaceOf(const std::string& location) const {
  FRAZIL_ASSIGN_OR_RETURN(const std::string plain, PlainLocation(location));
  std::string places;
  for (const Place& place : places_) {
    const auto folder = PlainLocation(place.location);
    if (!folder || IsLocal(location) != IsLocal(place.location) || !LiesIn(plain, *folder)) {
      places += (places.empty() ? "" : ", ") + place.location;
      continue;
    }
    if (!place.refused.empty()) return Fail(ErrorKind::kInvalidArgument, "{}", place.refused);
    return Found{place.folder, std::string(PathBelow(*folder, plain))};
  }
  return Fail(ErrorKind::kInvalidArgument, "{} is not below {}: files of this table are written and deleted there only",
              location, places);
}

Result<std::unique_ptr<OutputFile>> ConfinedFileIo::Create(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const Found found, PlaceOf(location));
  return found.folder ? CreateLocalFile(found.folder, found.file, IfExists::kFail) : below_->Create(location);
}

Status ConfinedFileIo::Delete(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(const Found found, PlaceOf(location));
  return found.folder ? DeleteLocalFile(*found.folder, found.file) : below_->Delete(location);
}

Status ConfinedFileIo::Replace(const std::string& location, std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const Found found, PlaceOf(location));
  if (!found.folder) return below_->Replace(location, bytes);
  FRAZIL_ASSIGN_OR_RETURN(auto file, CreateLocalFile(found.folder, found.file, IfExists::kReplace));
  FRAZIL_RETURN_IF_ERROR(file->Write(bytes));
  return file->Close();
}

Status ConfinedFileIo::PrepareToWrite(const std::string& location) {
  FRAZIL_RETURN_IF_ERROR(PlaceOf(location));
  return below_->PrepareToWrite(location);
}

Status ConfinedFileIo::CheckStored(const std::string& location, int64_t bytes) {
  const auto found = PlaceOf(location);
  if (!IsLocal(location)) return below_->CheckStored(location, bytes);
  // Looking is not confined: an earlier process may have written the file where the table kept its files then.
  const auto size = found ? found->folder->SizeOf(found->file) : SizeAt(*below_, location);
  if (size && *size == bytes) return {};
  // Close reported no error, so the fault is the store's, and a retry may help.
  return Fail(ErrorKind::kIo, "{} was written with {} bytes, and is not there as readers see it: {}", location, bytes,
              size ? fmt::format("it has {} bytes", *size) : size.error().message);
}

}  // namespace frazil::io
