#include "io/file_io.h"

#include <mutex>
#include <utility>

#include "common/limits.h"
#include "io/local_file_io.h"
#include "io/location.h"
#include "io/s3_file_io.h"

namespace frazil::io {
namespace {

// Chooses by scheme. The S3 client is made at the first S3 location: most programs on a laptop never need it.
class SchemeFileIo final : public FileIo {
 public:
  explicit SchemeFileIo(Properties properties) : properties_(std::move(properties)) {}

  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Create(location);
  }
  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Open(location);
  }
  Result<bool> Exists(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Exists(location);
  }
  Status Delete(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Delete(location);
  }
  Status Replace(const std::string& location, std::string_view bytes) override {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->Replace(location, bytes);
  }
  Status PrepareToWrite(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(FileIo * io, For(location));
    return io->PrepareToWrite(location);
  }

 private:
  Result<FileIo*> For(const std::string& location) {
    FRAZIL_RETURN_IF_ERROR(CheckLocation(location));
    if (!IsS3Scheme(SchemeOf(location))) return &local_;
    std::lock_guard lock(mutex_);
    if (!s3_) {
      FRAZIL_ASSIGN_OR_RETURN(s3_, MakeS3FileIo(properties_));
    }
    return s3_.get();
  }

  const Properties properties_;
  LocalFileIo local_;
  std::mutex mutex_;
  std::unique_ptr<FileIo> s3_;
};

}  // namespace

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

int64_t WriteBufferBytes(std::string_view location) { return IsS3Scheme(SchemeOf(location)) ? kS3PartBytes : 0; }

Result<std::shared_ptr<FileIo>> MakeFileIo(const Properties& properties) {
  return std::make_shared<SchemeFileIo>(properties);
}

}  // namespace frazil::io
