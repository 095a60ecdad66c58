#include "storage/arrow_file_io.h"

#include <arrow/filesystem/filesystem.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/future.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "io/location.h"

namespace frazil::storage {
namespace {

namespace afs = arrow::fs;

class ArrowOutputFile final : public io::OutputFile {
 public:
  ArrowOutputFile(const ArrowStore& store, std::string location, std::string object,
                  std::shared_ptr<arrow::io::OutputStream> stream)
      : store_(store), location_(std::move(location)), object_(std::move(object)), stream_(std::move(stream)) {}

  ~ArrowOutputFile() override {
    if (stream_->closed()) return;
    // Without Abort, Arrow's destructor would complete the upload.
    (void)stream_->Abort();
    if (store_.abort_leaves) (void)store_.fs->DeleteFile(object_);
  }

  Status Write(std::string_view bytes) override {
    const arrow::Status status = stream_->Write(bytes.data(), static_cast<int64_t>(bytes.size()));
    if (!status.ok()) return tl::unexpected(store_.error_of(status, "write", location_));
    position_ += static_cast<int64_t>(bytes.size());
    return {};
  }

  Status Close() override {
    const arrow::Status status = stream_->Close();
    if (!status.ok()) return tl::unexpected(store_.error_of(status, "write", location_));
    return {};
  }

  int64_t position() const override { return position_; }
  int64_t buffered() const override { return std::min(position_, store_.part_bytes); }

 private:
  const ArrowStore store_;
  const std::string location_;
  const std::string object_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  int64_t position_ = 0;
};

class ArrowInputFile final : public io::InputFile {
 public:
  ArrowInputFile(const ArrowStore& store, std::string location, std::shared_ptr<arrow::io::RandomAccessFile> file)
      : store_(store), location_(std::move(location)), file_(std::move(file)) {}

  Result<int64_t> Size() override {
    const auto size = file_->GetSize();
    if (!size.ok()) return tl::unexpected(store_.error_of(size.status(), "read", location_));
    return *size;
  }

  Status ReadAt(int64_t offset, std::span<char> out) override {
    if (out.empty()) return {};  // Google refuses an empty range
    const auto got = file_->ReadAt(offset, static_cast<int64_t>(out.size()), out.data());
    if (!got.ok()) return tl::unexpected(store_.error_of(got.status(), "read", location_));
    if (*got != static_cast<int64_t>(out.size())) {
      return Fail(ErrorKind::kIo, "cannot read {}: {} bytes at {} were asked for, {} came", location_, out.size(),
                  offset, *got);
    }
    return {};
  }

 private:
  const ArrowStore store_;
  const std::string location_;
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

class ArrowFileIo final : public io::FileIo {
 public:
  explicit ArrowFileIo(ArrowStore store) : store_(std::move(store)) {}

  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(std::string object, store_.object_of(location));
    auto stream = store_.fs->OpenOutputStream(object, nullptr);
    if (!stream.ok()) return Failed(stream.status(), "write", location);
    return std::make_unique<ArrowOutputFile>(store_, location, std::move(object), *std::move(stream));
  }

  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, store_.object_of(location));
    auto file = store_.fs->OpenInputFile(object);
    if (!file.ok()) return Failed(file.status(), "read", location);
    return std::make_unique<ArrowInputFile>(store_, location, *std::move(file));
  }

  Result<bool> Exists(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, store_.object_of(location));
    const auto info = store_.fs->GetFileInfo(object);
    if (!info.ok()) return Failed(info.status(), "look at", location);
    return info->type() == afs::FileType::File;
  }

  Status Delete(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, store_.object_of(location));
    const arrow::Status status = store_.fs->DeleteFile(object);
    if (status.ok()) return {};
    Error error = store_.error_of(status, "delete", location);
    if (error.kind == ErrorKind::kNotFound) return {};
    return tl::unexpected(std::move(error));
  }

  Status Replace(const std::string& location, std::string_view bytes) override {
    return WriteAll(location, bytes);  // an object is always replaced whole
  }

  Status List(const std::string& folder, const io::ListedFiles& take) override {
    const std::string below = io::StripTrailingSlashes(folder);
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, store_.object_of(below));
    afs::FileSelector selector;
    selector.base_dir = object;
    selector.recursive = true;
    selector.allow_not_found = true;
    // Lists page by page, so that the whole list is never in memory.
    auto pages = store_.fs->GetFileInfoGenerator(selector);
    for (;;) {
      const auto page = pages().result();
      if (!page.ok()) return Failed(page.status(), "list", folder);
      if (page->empty()) return {};
      for (const afs::FileInfo& info : *page) {
        if (info.type() != afs::FileType::File) continue;
        const auto modified = std::chrono::duration_cast<std::chrono::milliseconds>(info.mtime().time_since_epoch());
        FRAZIL_RETURN_IF_ERROR(take({below + info.path().substr(object.size()), info.size(), modified.count()}));
      }
    }
  }

 private:
  tl::unexpected<Error> Failed(const arrow::Status& status, std::string_view what, const std::string& location) const {
    return tl::unexpected(store_.error_of(status, what, location));
  }

  const ArrowStore store_;
};

}  // namespace

std::unique_ptr<io::FileIo> MakeArrowFileIo(ArrowStore store) {
  return std::make_unique<ArrowFileIo>(std::move(store));
}

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

std::string_view BucketAndKey(std::string_view location) {
  const auto authority = location.find("://");
  if (authority == std::string_view::npos) return {};
  const std::string_view rest = location.substr(authority + 3);
  const auto slash = rest.find('/');
  const bool whole = slash != std::string_view::npos && slash > 0 && slash + 1 < rest.size();
  return whole ? rest : std::string_view();
}

std::string PropertyOf(const io::Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? std::string() : found->second;
}

std::string VariableOf(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string FirstOf(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return {};
}

}  // namespace frazil::storage
