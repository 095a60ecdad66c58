#include "catalog/rest_storage.h"

#include <algorithm>
#include <charconv>

#include "common/log.h"
#include "iceberg/json_members.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;

constexpr int64_t kMinute = 60'000;
constexpr char kExpiry[] = "s3.session-token-expires-at-ms";
constexpr const char* kKeys[] = {"s3.access-key-id", "s3.secret-access-key", "s3.session-token", kExpiry};

void Overlay(io::Properties& under, const io::Properties& over) {
  const bool brings_keys =
      std::any_of(std::begin(kKeys), std::end(kKeys), [&](auto key) { return over.contains(key); });
  if (brings_keys) {
    for (const char* key : kKeys) under.erase(key);
  }
  for (const auto& [key, value] : over) under[key] = value;
}

// New ones are asked for when a fifth of the life is left, at most five minutes. Session tokens live for 15 minutes at
// least, which is taken where no end is told, or one that has passed already: the clocks differ then.
void SetExpiry(int64_t now_ms, VendedStorage* storage) {
  storage->expire_at_ms = now_ms + 15 * kMinute;
  if (const auto found = storage->properties.find(kExpiry); found != storage->properties.end()) {
    const std::string& text = found->second;
    int64_t told = 0;
    const bool is_number = std::from_chars(text.data(), text.data() + text.size(), told).ec == std::errc();
    if (is_number && told > now_ms) storage->expire_at_ms = told;
  }
  const int64_t life = storage->expire_at_ms - now_ms;
  storage->renew_at_ms = storage->expire_at_ms - std::min(life / 5, 5 * kMinute);
}

// Where none of its keys are lent, the user's own are used: those given, or those of the environment.
Status CheckEndpoint(const io::Properties& merged, const io::Properties& own, const TrustedServers& trusted) {
  constexpr char kEndpoint[] = "s3.endpoint";
  const auto endpoint = merged.find(kEndpoint);
  if (endpoint == merged.end() || endpoint->second.empty() || own.contains(kEndpoint)) return {};
  const bool is_url = endpoint->second.find("://") != std::string::npos;
  const std::string url = is_url ? endpoint->second : "https://" + endpoint->second;
  const bool lent = merged.contains("s3.access-key-id") && !own.contains("s3.access-key-id");
  return lent ? trusted.CheckLent(kEndpoint, url) : trusted.Check(kEndpoint, url);
}

// A refusal of what was asked with credentials that have ended since.
Error Judged(Error error, int64_t expire_at_ms, Clock& clock) {
  if (error.kind != ErrorKind::kUnauthorized || clock.NowMillis() < expire_at_ms) return error;
  return {ErrorKind::kUnavailable,
          fmt::format("the credentials that the catalog lent have ended, new ones are asked for: {}", error.message)};
}

class VendedOutputFile final : public io::OutputFile {
 public:
  VendedOutputFile(std::unique_ptr<io::OutputFile> file, int64_t expire_at_ms, Clock& clock)
      : file_(std::move(file)), expire_at_ms_(expire_at_ms), clock_(clock) {}

  Status Write(std::string_view bytes) override { return Judge(file_->Write(bytes)); }
  Status Close() override { return Judge(file_->Close()); }
  int64_t position() const override { return file_->position(); }
  int64_t buffered() const override { return file_->buffered(); }

 private:
  Status Judge(Status done) const {
    if (!done) done.error() = Judged(std::move(done).error(), expire_at_ms_, clock_);
    return done;
  }

  const std::unique_ptr<io::OutputFile> file_;
  const int64_t expire_at_ms_;
  Clock& clock_;
};

}  // namespace

Result<VendedStorage> VendedStorageOf(const nlohmann::json& reply, const std::string& location,
                                      const io::Properties& properties, const io::Properties& own,
                                      const TrustedServers& trusted, int64_t now_ms) {
  VendedStorage vended;
  vended.properties = properties;
  FRAZIL_ASSIGN_OR_RETURN(const auto config, json::Otherwise<io::Properties>(reply, "config", {}));
  Overlay(vended.properties, config);

  FRAZIL_ASSIGN_OR_RETURN(const auto credentials,
                          json::Otherwise<std::vector<json::Json>>(reply, "storage-credentials", {}));
  std::string best_prefix;
  io::Properties best;
  for (const auto& credential : credentials) {
    FRAZIL_RETURN_IF_ERROR(json::ExpectObject(credential, "a storage credential"));
    FRAZIL_ASSIGN_OR_RETURN(const auto prefix, json::Required<std::string>(credential, "prefix"));
    if (!location.starts_with(prefix) || prefix.size() < best_prefix.size()) continue;
    FRAZIL_ASSIGN_OR_RETURN(best, json::Required<io::Properties>(credential, "config"));
    best_prefix = prefix;
  }
  Overlay(vended.properties, best);
  const bool from_catalog = vended.properties.contains("s3.session-token") && !own.contains("s3.access-key-id");
  Overlay(vended.properties, own);
  FRAZIL_RETURN_IF_ERROR(CheckEndpoint(vended.properties, own, trusted));
  if (from_catalog) SetExpiry(now_ms, &vended);
  return vended;
}

Result<std::shared_ptr<VendedFileIo>> VendedFileIo::Make(VendedStorage storage, Renew renew, Clock& clock) {
  std::shared_ptr<VendedFileIo> made(new VendedFileIo(std::move(renew), clock));
  FRAZIL_RETURN_IF_ERROR(made->Use(std::move(storage)));
  return made;
}

Status VendedFileIo::Use(VendedStorage storage) {
  FRAZIL_ASSIGN_OR_RETURN(io_, io::MakeFileIo(storage.properties));
  storage_ = std::move(storage);
  return {};
}

Status VendedFileIo::Update(VendedStorage storage) {
  std::lock_guard lock(mutex_);
  if (storage.properties == storage_.properties) return {};
  // Some catalogs make new credentials for every reply; those in hand are as good until they are to be renewed.
  io::Properties theirs = storage.properties;
  io::Properties ours = storage_.properties;
  for (const char* key : kKeys) {
    theirs.erase(key);
    ours.erase(key);
  }
  const int64_t never = VendedStorage().expire_at_ms;
  const bool both_expire = storage_.expire_at_ms != never && storage.expire_at_ms != never;
  if (theirs == ours && both_expire && clock_.NowMillis() < storage_.renew_at_ms) return {};
  return Use(std::move(storage));
}

VendedFileIo::Current VendedFileIo::Take() {
  bool due = false;
  bool expired = false;
  const auto look = [&]() -> Current {
    std::lock_guard lock(mutex_);
    due = clock_.NowMillis() >= storage_.renew_at_ms;
    expired = clock_.NowMillis() >= storage_.expire_at_ms;
    return {io_, storage_.renew_at_ms, storage_.expire_at_ms};
  };
  Current current = look();
  if (!due) return current;
  // One asks. The others go on with what is still good for a while, or wait if it is not.
  std::unique_lock asking(renewing_, std::defer_lock);
  if (expired) {
    asking.lock();
    current = look();  // perhaps another thread has asked meanwhile
  }
  if (!due || (!expired && !asking.try_lock())) return current;
  auto renewed = renew_();
  std::lock_guard lock(mutex_);
  const Status taken = renewed ? Use(*std::move(renewed)) : tl::unexpected(renewed.error());
  if (!taken) {
    log::warn("storage credentials could not be renewed, trying again within 30 s: {}", taken.error().message);
    const int64_t now_ms = clock_.NowMillis();
    storage_.renew_at_ms = now_ms + kMinute / 2;
    if (now_ms < storage_.expire_at_ms) storage_.renew_at_ms = std::min(storage_.renew_at_ms, storage_.expire_at_ms);
  }
  return {io_, storage_.renew_at_ms, storage_.expire_at_ms};
}

template <class Act>
auto VendedFileIo::With(const Act& act) -> decltype(act(std::declval<io::FileIo&>())) {
  const Current current = Take();
  auto done = act(*current.io);
  if (!done) done.error() = Judged(std::move(done).error(), current.expire_at_ms, clock_);
  return done;
}

int64_t VendedFileIo::CloseByMillis() {
  std::lock_guard lock(mutex_);
  return storage_.renew_at_ms;
}

Result<std::unique_ptr<io::OutputFile>> VendedFileIo::Create(const std::string& location) {
  const Current current = Take();
  auto file = current.io->Create(location);
  if (!file) return tl::unexpected(Judged(std::move(file).error(), current.expire_at_ms, clock_));
  return std::make_unique<VendedOutputFile>(*std::move(file), current.expire_at_ms, clock_);
}
Result<std::unique_ptr<io::InputFile>> VendedFileIo::Open(const std::string& location) {
  return With([&](io::FileIo& io) { return io.Open(location); });
}
Result<bool> VendedFileIo::Exists(const std::string& location) {
  return With([&](io::FileIo& io) { return io.Exists(location); });
}
Status VendedFileIo::Delete(const std::string& location) {
  return With([&](io::FileIo& io) { return io.Delete(location); });
}
Status VendedFileIo::Replace(const std::string& location, std::string_view bytes) {
  return With([&](io::FileIo& io) { return io.Replace(location, bytes); });
}

}  // namespace frazil::catalog
