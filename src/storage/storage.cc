#include "storage/storage.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "io/local_file_io.h"
#include "io/location.h"
#include "storage/azure.h"
#include "storage/gcs.h"
#include "storage/routed_file_io.h"
#include "storage/s3.h"

namespace frazil::storage {
namespace {

// The local file system.
const Storage& Local() {
  static const Storage local = {
      .name = "this machine's files",
      .schemes = {"", "file"},
      .form = "file:///folder/file",
      .traits = {.conditional_put = true},
      .settings = {},
      .check = [](std::string_view location) -> Status {
        FRAZIL_RETURN_IF_ERROR(io::LocalPathOf(location));
        return {};
      },
      .open = [](const io::Properties& /*properties*/) -> Result<std::unique_ptr<io::FileIo>> {
        return std::make_unique<io::LocalFileIo>();
      },
  };
  return local;
}

class SchemeFileIo final : public RoutedFileIo {
 public:
  explicit SchemeFileIo(io::Properties properties) : properties_(std::move(properties)) {}

 private:
  Result<FileIo*> For(const std::string& location) override {
    FRAZIL_RETURN_IF_ERROR(CheckLocation(location));
    const Storage* const storage = StorageOf(location);
    std::lock_guard lock(mutex_);
    std::unique_ptr<FileIo>& io = opened_[storage];
    if (!io) {
      FRAZIL_ASSIGN_OR_RETURN(io, storage->open(properties_));
    }
    return io.get();
  }

  const io::Properties properties_;
  std::mutex mutex_;
  std::map<const Storage*, std::unique_ptr<FileIo>> opened_;
};

}  // namespace

bool Settings::Matches(std::string_view key, std::string_view name) {
  const bool beginning = name.ends_with('.') || name.ends_with('-');
  return !name.empty() && (beginning ? key.starts_with(name) : key == name);
}

bool Settings::Has(std::string_view key) const {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return Matches(key, name); });
}

bool Settings::IsCredential(std::string_view key) const {
  return std::any_of(credentials.begin(), credentials.end(), [&](std::string_view name) { return Matches(key, name); });
}

bool Settings::SayWho(const io::Properties& properties) const {
  return std::any_of(properties.begin(), properties.end(), [&](const auto& property) {
    return !property.second.empty() && std::any_of(sufficient.begin(), sufficient.end(), [&](std::string_view name) {
      return Matches(property.first, name);
    });
  });
}

std::span<const Storage* const> Storages() {
  static const std::array all = {&Local(), &S3(), &Gcs(), &Azure()};
  return all;
}

const Storage* StorageOf(std::string_view location) {
  const std::string_view scheme = io::SchemeOf(location);
  for (const Storage* storage : Storages()) {
    if (std::find(storage->schemes.begin(), storage->schemes.end(), scheme) != storage->schemes.end()) return storage;
  }
  return nullptr;
}

Status CheckLocation(std::string_view location) {
  if (const Storage* storage = StorageOf(location)) return storage->check(location);
  std::string forms;
  for (const Storage* storage : Storages()) forms += fmt::format("{}{}", forms.empty() ? "" : ", ", storage->form);
  return Fail(ErrorKind::kUnsupported,
              "cannot reach '{}': no file access for the scheme '{}://' is built in. Use {}, or an absolute path",
              location, io::SchemeOf(location), forms);
}

int64_t WriteBufferBytes(std::string_view location) {
  const Storage* storage = StorageOf(location);
  return storage == nullptr ? 0 : storage->traits.write_buffer_bytes;
}

Result<std::shared_ptr<io::FileIo>> MakeFileIo(const io::Properties& properties) {
  return std::make_shared<SchemeFileIo>(properties);
}

}  // namespace frazil::storage
