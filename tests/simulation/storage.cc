#include "storage.h"

#include "world.h"

namespace frazil::simulation {

class StorageClient::Put final : public io::OutputFile {
 public:
  Put(StorageClient& client, std::string location, std::unique_ptr<io::OutputFile> file)
      : client_(client), location_(std::move(location)), file_(std::move(file)) {}

  Status Write(std::string_view bytes) override { return file_->Write(bytes); }
  Status Close() override {
    World& world = client_.world_;
    client_.actor_.Step("puts a file");
    const bool fails = world.Happens(world.scenario.bad_storage);
    if (fails && world.dice.OneIn(2)) return Fail(ErrorKind::kIo, "{}: storage refused", location_);
    FRAZIL_RETURN_IF_ERROR(file_->Close());
    if (fails) return Fail(ErrorKind::kIo, "{}: storage did not answer", location_);
    return {};
  }
  int64_t position() const override { return file_->position(); }

 private:
  StorageClient& client_;
  const std::string location_;
  const std::unique_ptr<io::OutputFile> file_;
};

Result<std::unique_ptr<io::OutputFile>> StorageClient::Create(const std::string& location) {
  FRAZIL_ASSIGN_OR_RETURN(auto file, world_.storage.files()->Create(location));
  return std::make_unique<Put>(*this, location, std::move(file));
}

Result<std::unique_ptr<io::InputFile>> StorageClient::Open(const std::string& location) {
  actor_.Step("reads a file");
  if (world_.Happens(world_.scenario.bad_storage)) return Fail(ErrorKind::kIo, "{}: storage refused", location);
  return world_.storage.files()->Open(location);
}

Result<bool> StorageClient::Exists(const std::string& location) {
  actor_.Step("looks for a file");
  return world_.storage.files()->Exists(location);
}

Status StorageClient::Delete(const std::string& location) {
  actor_.Step("deletes a file");
  world_.trace.Say(actor_.name(), "deletes {}", location);
  for (const Which which : {Which::kMain, Which::kErrors}) world_.oracle(which).Deleted(location);
  return world_.storage.files()->Delete(location);
}

Status StorageClient::Replace(const std::string& location, std::string_view bytes) {
  actor_.Step("replaces a file");
  return world_.storage.files()->Replace(location, bytes);
}

}  // namespace frazil::simulation
