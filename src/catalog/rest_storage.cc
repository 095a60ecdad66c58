#include "catalog/rest_storage.h"

#include <algorithm>
#include <charconv>

#include "common/log.h"
#include "iceberg/json_members.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;

constexpr int64_t kMinute = 60'000;
// Puts `over` on top of `under`. If `over` has any credential of a storage, it replaces all credentials of that
// storage.
void Overlay(io::Properties& under, const io::Properties& over) {
  for (const storage::Storage* each : storage::Storages()) {
    const auto is_key = [&](const auto& property) { return each->settings.IsCredential(property.first); };
    if (std::any_of(over.begin(), over.end(), is_key)) std::erase_if(under, is_key);
  }
  for (const auto& [key, value] : over) under[key] = value;
}

// Sets when to renew: when a fifth of the lifetime is left, but at most five minutes before the end. If the end is not
// given, or has passed already (the clocks differ), 15 minutes are assumed, the shortest life of a session token.
void SetExpiry(int64_t now_ms, const storage::Storage& of, VendedStorage* vended) {
  int64_t expire_at_ms = now_ms + 15 * kMinute;
  for (const auto& [key, text] : vended->properties) {
    if (!storage::Settings::Matches(key, of.settings.expiry)) continue;
    int64_t told = 0;
    const bool is_number = std::from_chars(text.data(), text.data() + text.size(), told).ec == std::errc();
    if (is_number && told > now_ms) expire_at_ms = told;
  }
  if (expire_at_ms >= vended->expire_at_ms) return;
  vended->expire_at_ms = expire_at_ms;
  const int64_t life = expire_at_ms - now_ms;
  vended->renew_at_ms = expire_at_ms - std::min(life / 5, 5 * kMinute);
}

// Checks the endpoints that only the catalog names. If the catalog vends no credentials, the user's own would go there:
// those in the configuration, or those of the environment.
Status CheckEndpoint(const storage::Storage& of, const io::Properties& merged, const io::Properties& own,
                     const TrustedServers& trusted) {
  for (const std::string_view each : of.settings.endpoints) {
    const std::string name(each);
    const auto endpoint = merged.find(name);
    if (endpoint == merged.end() || endpoint->second.empty() || own.contains(name)) continue;
    const bool is_url = endpoint->second.find("://") != std::string::npos;
    const std::string url = is_url ? endpoint->second : "https://" + endpoint->second;
    const bool lent = of.settings.SayWho(merged) && !of.settings.SayWho(own);
    FRAZIL_RETURN_IF_ERROR(lent ? trusted.CheckLent(name, url) : trusted.Check(name, url));
  }
  return {};
}

// If the credentials have expired meanwhile, turns a refusal into kUnavailable.
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
  const io::Properties lent = vended.properties;
  Overlay(vended.properties, own);
  for (const storage::Storage* each : storage::Storages()) {
    FRAZIL_RETURN_IF_ERROR(CheckEndpoint(*each, vended.properties, own, trusted));
    const bool ends = std::any_of(lent.begin(), lent.end(), [&](const auto& property) {
      return storage::Settings::Matches(property.first, each->settings.temporary);
    });
    if (ends && !each->settings.SayWho(own)) SetExpiry(now_ms, *each, &vended);
  }
  return vended;
}

Result<std::shared_ptr<VendedFileIo>> VendedFileIo::Make(VendedStorage storage, Renew renew, Clock& clock) {
  std::shared_ptr<VendedFileIo> made(new VendedFileIo(std::move(renew), clock));
  FRAZIL_RETURN_IF_ERROR(made->Use(std::move(storage)));
  return made;
}

Status VendedFileIo::Use(VendedStorage storage) {
  FRAZIL_ASSIGN_OR_RETURN(io_, storage::MakeFileIo(storage.properties));
  storage_ = std::move(storage);
  return {};
}

Status VendedFileIo::Update(VendedStorage storage) {
  std::lock_guard lock(mutex_);
  if (storage.properties == storage_.properties) return {};
  // Some catalogs make new credentials for every reply. The current ones are used until they must be renewed.
  io::Properties theirs = storage.properties;
  io::Properties ours = storage_.properties;
  for (const storage::Storage* each : storage::Storages()) {
    const auto is_key = [&](const auto& property) { return each->settings.IsCredential(property.first); };
    std::erase_if(theirs, is_key);
    std::erase_if(ours, is_key);
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
  // One thread asks. The others continue with the current credentials, or wait if these have expired.
  std::unique_lock asking(renewing_, std::defer_lock);
  if (expired) {
    asking.lock();
    current = look();  // another thread may have renewed them meanwhile
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
Status VendedFileIo::PrepareToWrite(const std::string& location) {
  return With([&](io::FileIo& io) { return io.PrepareToWrite(location); });
}
Status VendedFileIo::List(const std::string& folder, const io::ListedFiles& take) {
  return With([&](io::FileIo& io) { return io.List(folder, take); });
}

}  // namespace frazil::catalog
