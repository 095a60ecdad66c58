#include "catalog/rest_storage.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/log.h"
#include "iceberg/json_members.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
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

// A fifth of the life is left then, at most five minutes. Session tokens without an expiry live at least 15 minutes.
int64_t RenewAt(const io::Properties& properties, int64_t now_ms) {
  if (!properties.contains("s3.session-token")) return kNever;
  const auto found = properties.find(kExpiry);
  int64_t expires_ms = 0;
  if (found == properties.end() ||
      std::from_chars(found->second.data(), found->second.data() + found->second.size(), expires_ms).ec !=
          std::errc()) {
    return now_ms + 10 * kMinute;
  }
  return expires_ms - std::clamp<int64_t>((expires_ms - now_ms) / 5, 0, 5 * kMinute);
}

}  // namespace

Result<VendedStorage> VendedStorageOf(const nlohmann::json& reply, const std::string& location,
                                      const io::Properties& properties, const io::Properties& own, int64_t now_ms) {
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
  vended.renew_at_ms = from_catalog ? RenewAt(vended.properties, now_ms) : kNever;
  return vended;
}

Result<std::shared_ptr<VendedFileIo>> VendedFileIo::Make(VendedStorage storage, Renew renew, Clock& clock) {
  std::shared_ptr<VendedFileIo> made(new VendedFileIo(std::move(renew), clock));
  FRAZIL_RETURN_IF_ERROR(made->Take(std::move(storage)));
  return made;
}

Status VendedFileIo::Take(VendedStorage storage) {
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
  const bool only_keys_differ = theirs == ours;
  if (only_keys_differ && storage_.renew_at_ms != kNever && clock_.NowMillis() < storage_.renew_at_ms) return {};
  return Take(std::move(storage));
}

std::shared_ptr<io::FileIo> VendedFileIo::Current() {
  {
    std::lock_guard lock(mutex_);
    if (clock_.NowMillis() < storage_.renew_at_ms) return io_;
  }
  std::unique_lock asking(renewing_, std::try_to_lock);
  if (asking.owns_lock()) {  // the others go on with what is still good for a while
    auto renewed = renew_();
    std::lock_guard lock(mutex_);
    const Status taken = renewed ? Take(*std::move(renewed)) : tl::unexpected(renewed.error());
    if (!taken) {
      log::warn("storage credentials could not be renewed, trying again in 30 s: {}", taken.error().message);
      storage_.renew_at_ms = clock_.NowMillis() + kMinute / 2;
    }
  }
  std::lock_guard lock(mutex_);
  return io_;
}

Result<std::unique_ptr<io::OutputFile>> VendedFileIo::Create(const std::string& location) {
  return Current()->Create(location);
}
Result<std::unique_ptr<io::InputFile>> VendedFileIo::Open(const std::string& location) {
  return Current()->Open(location);
}
Result<bool> VendedFileIo::Exists(const std::string& location) { return Current()->Exists(location); }
Status VendedFileIo::Delete(const std::string& location) { return Current()->Delete(location); }
Status VendedFileIo::Replace(const std::string& location, std::string_view bytes) {
  return Current()->Replace(location, bytes);
}

}  // namespace frazil::catalog
