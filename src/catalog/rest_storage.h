// Storage as a REST catalog hands it out: settings and credentials for one table's files.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

#include "catalog/trusted_servers.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "io/file_io.h"

namespace frazil::catalog {

struct VendedStorage {
  io::Properties properties;
  // When to ask for new credentials, and when these end; both far away if they never do.
  int64_t renew_at_ms = std::numeric_limits<int64_t>::max();
  int64_t expire_at_ms = std::numeric_limits<int64_t>::max();
};

// Of the reply to loading or creating a table (LoadTableResult) whose files lie under `location`: the catalog's own
// `properties`, over them the table's "config", over that the "storage-credentials" whose prefix fits `location` best,
// and over all the user's `own`. Keys are one thing: the user's key never meets the catalog's session token.
// kInvalidArgument where the user's own keys would go to an endpoint that only the catalog names and nobody trusts.
Result<VendedStorage> VendedStorageOf(const nlohmann::json& reply, const std::string& location,
                                      const io::Properties& properties, const io::Properties& own,
                                      const TrustedServers& trusted, int64_t now_ms);

// Files by credentials that expire: before they do, new ones are asked for. A file that is being written keeps those it
// was opened with, since Arrow's client cannot be given others: it has to be closed before they end (CloseByMillis).
// What is refused once they have ended is kUnavailable: new ones will do. Thread-safe.
class VendedFileIo final : public io::FileIo {
 public:
  using Renew = std::function<Result<VendedStorage>()>;
  static Result<std::shared_ptr<VendedFileIo>> Make(VendedStorage storage, Renew renew, Clock& clock = Clock::System());

  // The catalog has sent `storage` again. Taken if it says something new; else the client that is there stays, and
  // with it its connections.
  Status Update(VendedStorage storage);

  int64_t CloseByMillis() override;
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  Status List(const std::string& folder, const io::ListedFiles& take) override;

 private:
  VendedFileIo(Renew renew, Clock& clock) : renew_(std::move(renew)), clock_(clock) {}
  // Files, and until when they are served.
  struct Current {
    std::shared_ptr<io::FileIo> io;
    int64_t close_by_ms;
    int64_t expire_at_ms;
  };
  Current Take();  // asks for new credentials if it is time
  // What `act` makes of the files, told as the class says.
  template <class Act>
  auto With(const Act& act) -> decltype(act(std::declval<io::FileIo&>()));
  Status Use(VendedStorage storage);  // under mutex_

  const Renew renew_;
  Clock& clock_;
  std::mutex renewing_;  // held by the one who asks
  std::mutex mutex_;     // of what follows
  VendedStorage storage_;
  std::shared_ptr<io::FileIo> io_;
};

}  // namespace frazil::catalog
