// Storage settings and credentials that a REST catalog vends for the files of one table.
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
  // When to ask for new credentials, and when these expire, in milliseconds since 1970. The largest int64_t if never.
  int64_t renew_at_ms = std::numeric_limits<int64_t>::max();
  int64_t expire_at_ms = std::numeric_limits<int64_t>::max();
};

// Reads the storage settings from a LoadTableResult, the reply to loading or creating a table with files under
// `location`. Later ones override earlier ones: the catalog's `properties`, the table's "config", the
// "storage-credentials" with the longest prefix of `location`, and the user's `own`. Credentials of one storage are
// replaced as a whole: the user's key is never combined with the catalog's session token. kInvalidArgument if the
// user's credentials would go to an endpoint that only the catalog names and that is not trusted.
Result<VendedStorage> VendedStorageOf(const nlohmann::json& reply, const std::string& location,
                                      const io::Properties& properties, const io::Properties& own,
                                      const TrustedServers& trusted, int64_t now_ms);

// A FileIo with credentials that expire. It asks for new ones before they do. A file that is being written keeps its
// credentials, because Arrow's client cannot change them; so it must be closed before they expire (CloseByMillis). If
// an operation is refused after the credentials have expired, the error is kUnavailable, because new ones will help.
// Thread-safe.
class VendedFileIo final : public io::FileIo {
 public:
  using Renew = std::function<Result<VendedStorage>()>;
  static Result<std::shared_ptr<VendedFileIo>> Make(VendedStorage storage, Renew renew, Clock& clock = Clock::System());

  // Takes the storage of a new reply. If it says nothing new, the current client stays, and with it its connections.
  Status Update(VendedStorage storage);

  int64_t CloseByMillis() override;
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;
  Status PrepareToWrite(const std::string& location) override;
  Status List(const std::string& folder, const io::ListedFiles& take) override;

 private:
  VendedFileIo(Renew renew, Clock& clock) : renew_(std::move(renew)), clock_(clock) {}
  // The current client, and the times that belong to its credentials.
  struct Current {
    std::shared_ptr<io::FileIo> io;
    int64_t close_by_ms;
    int64_t expire_at_ms;
  };
  Current Take();  // asks for new credentials if they are due
  // Calls `act` with the current client. Converts errors as the class comment says.
  template <class Act>
  auto With(const Act& act) -> decltype(act(std::declval<io::FileIo&>()));
  Status Use(VendedStorage storage);  // the caller holds mutex_

  const Renew renew_;
  Clock& clock_;
  std::mutex renewing_;  // held by the thread that asks for new credentials
  std::mutex mutex_;     // guards the members below
  VendedStorage storage_;
  std::shared_ptr<io::FileIo> io_;
};

}  // namespace frazil::catalog
