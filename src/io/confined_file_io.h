// Files that are written only where they may be.
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
  std::shared_ptr<LocalFolder> folder = {};  // of this machine; none in an object store
  std::string refused = {};                  // not empty: why not after all
};

// "bucket/key" of an object's location, by whichever name its scheme goes; the path of a local one. What lies above
// another by this text is above it, since "." and ".." are refused, as kInvalidArgument: what they mean, each store
// sees in its own way.
Result<std::string> PlainLocation(const std::string& location);

// Of this machine: by a path, or file:.
bool IsLocal(const std::string& location);

// True if `plain` is `folder`, or lies below it, both as PlainLocation gives them.
bool LiesIn(std::string_view plain, std::string_view folder);

// Writes, replaces and deletes files below a few places only, whatever names them: the first that fits counts.
// Elsewhere is kInvalidArgument. Reads and lists as `below` does.
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
    std::shared_ptr<LocalFolder> folder;  // null in an object store
    std::string file;                     // below the folder
  };
  Result<Found> PlaceOf(const std::string& location) const;

  const std::shared_ptr<FileIo> below_;
  const std::vector<Place> places_;
};

}  // namespace frazil::io
