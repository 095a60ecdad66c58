// A FileIo that writes and deletes files only below allowed folders.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/file_io.h"
#include "io/local_folder.h"

namespace frazil::io {

// A folder in which files may be written and deleted.
struct Place {
  std::string location;
  std::shared_ptr<LocalFolder> folder = {};  // set if the folder is on this machine; null in an object store
  std::string refused = {};                  // if not empty, writing there is refused for this reason
};

// `location` without its scheme: "bucket/key" of an object, whatever its scheme is, or the path of a local file. "."
// and ".." in it are kInvalidArgument, because each store interprets them in its own way. So comparing these texts
// tells whether one location lies below another.
Result<std::string> PlainLocation(const std::string& location);

// True for a plain path and for a file: URI.
bool IsLocal(const std::string& location);

// True if `plain` equals `folder` or lies below it. Both must come from PlainLocation.
bool LiesIn(std::string_view plain, std::string_view folder);

// Writes, replaces and deletes files only below `places`; any other location is kInvalidArgument. The first place that
// contains the location decides. Opening, listing and Exists go to `below` unchanged. Thread-safe.
class ConfinedFileIo final : public FileIo {
 public:
  ConfinedFileIo(std::shared_ptr<FileIo> below, std::vector<Place> places)
      : below_(std::move(below)), places_(std::move(places)) {}

  int64_t CloseByMillis() override { return below_->CloseByMillis(); }
  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override { return below_->Open(location); }
  Result<bool> Exists(const std::string& location) override { return below_->Exists(location); }
  Status List(const std::string& folder, const ListedFiles& take) override { return below_->List(folder, take); }
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  Status PrepareToWrite(const std::string& location) override;
  Status CheckStored(const std::string& location, int64_t bytes) override;

 private:
  struct Found {
    std::shared_ptr<LocalFolder> folder;  // null for an object store
    std::string file;                     // relative to the folder
  };
  Result<Found> PlaceOf(const std::string& location) const;

  const std::shared_ptr<FileIo> below_;
  const std::vector<Place> places_;
};

}  // namespace frazil::io
