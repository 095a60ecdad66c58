#include "catalog/table_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "catalog/metadata_files.h"
#include "iceberg/location_provider.h"
#include "io/location.h"

namespace frazil::catalog {
namespace {

namespace fs = std::filesystem;

// True if the catalog has written this metadata below `folder`, as we see that folder.
bool IsShownToLieIn(io::LocalFolder& folder, const iceberg::TableMetadata& metadata,
                    const std::string& metadata_location, io::FileIo& below) {
  if (!io::IsLocal(metadata_location) || metadata.table_uuid.empty()) return false;
  const auto file = io::PlainLocation(metadata_location);
  if (!file || folder.path() == "/" || !io::LiesIn(*file, folder.path())) return false;
  if (!folder.SizeOf(io::PathBelow(folder.path(), *file))) return false;  // it must not be reached through a link
  const auto there = ReadMetadataFile(below, metadata_location);
  return there && (*there)->table_uuid == metadata.table_uuid && (*there)->location == metadata.location;
}

}  // namespace

TableFiles::TableFiles(const std::string& warehouse, const FileRules& rules) {
  std::vector<std::string> named = rules.local_folders;
  named.push_back(warehouse);
  for (const std::string& location : named) {
    // A REST catalog's warehouse may be a name instead of a location.
    if (!io::IsLocal(location)) continue;
    if (const auto path = io::PlainLocation(location)) roots_.push_back(std::make_shared<io::LocalFolder>(*path));
  }
}

TableFiles::Folder TableFiles::RootOf(const std::string& path) const {
  for (const Folder& root : roots_) {
    if (io::LiesIn(path, root->path())) return root;
  }
  // The user may have named a symbolic link, and the table its target.
  for (const Folder& root : roots_) {
    std::error_code error;
    const fs::path real = fs::canonical(root->path(), error);
    if (!error && io::LiesIn(path, real.string())) return std::make_shared<io::LocalFolder>(real.string());
  }
  return nullptr;
}

io::Place TableFiles::PlaceOf(const std::string& location, const iceberg::TableMetadata& metadata,
                              const std::string& metadata_location, io::FileIo& below, Known& known) const {
  if (!io::IsLocal(location)) return {location};
  const auto path = io::PlainLocation(location);
  if (!path) return {location, nullptr, path.error().message};
  Folder& folder = known.folders[*path];
  if (!folder) {
    if (const Folder root = RootOf(*path)) {
      folder = root->path() == *path ? root : std::make_shared<io::LocalFolder>(*path, root);
    } else {
      auto candidate = std::make_shared<io::LocalFolder>(*path);
      if (IsShownToLieIn(*candidate, metadata, metadata_location, below)) folder = std::move(candidate);
    }
  }
  if (folder) return {location, folder};
  return {location, nullptr,
          fmt::format("the table says that its files go to {} of this machine, which is below no folder that you have "
                      "named. If that is right, add it to local_folders of the sink's catalog",
                      location)};
}

std::shared_ptr<io::FileIo> TableFiles::Of(const iceberg::TableMetadata& metadata, const std::string& metadata_location,
                                           const std::shared_ptr<io::FileIo>& below) {
  const iceberg::LocationProvider provider(metadata);
  std::vector<std::string> locations = {provider.data_folder(), provider.metadata_folder(),
                                        io::StripTrailingSlashes(metadata.location)};
  std::lock_guard lock(mutex_);
  Known& known = tables_[metadata.table_uuid];
  if (!known.files || known.below != below || known.locations != locations) {
    std::vector<io::Place> places;
    bool refused = false;
    // The table's own location comes first: folders below it need no place of their own.
    for (auto location = locations.rbegin(); location != locations.rend(); ++location) {
      const auto plain = io::PlainLocation(*location);
      const bool covered =
          plain && std::any_of(places.begin(), places.end(), [&](const io::Place& place) {
            const auto other = io::PlainLocation(place.location);
            return other && io::IsLocal(*location) == io::IsLocal(place.location) && io::LiesIn(*plain, *other);
          });
      if (covered) continue;
      places.push_back(PlaceOf(*location, metadata, metadata_location, *below, known));
      refused |= !places.back().refused.empty();
    }
    known.files = std::make_shared<io::ConfinedFileIo>(below, std::move(places));
    known.below = below;
    known.locations = std::move(locations);
    if (refused) known.locations.clear();  // checks again at the next load
  }
  if (const auto file = io::PlainLocation(metadata_location); file && io::IsLocal(metadata_location)) {
    for (const auto& [path, folder] : known.folders) {
      if (folder && io::LiesIn(*file, path)) folder->Remember(io::PathBelow(path, *file));
    }
  }
  return known.files;
}

}  // namespace frazil::catalog
