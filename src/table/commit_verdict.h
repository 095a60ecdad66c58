// The outcome of one try of a commit.
#pragma once

#include <cstdint>
#include <optional>

#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::table {

struct Verdict {
  enum class Kind : uint8_t {
    kTaken,  // taken: the catalog's answer contains this try's snapshot
    // taken: the answer was lost, and the reloaded table contains the snapshot; others may have committed since
    kFound,
    kEarlier,  // taken: the table contains an earlier try's snapshot, with that try's offsets
    kRefused,  // not taken, and a retry would not help: the catalog does not accept such a request
    kMoved,    // not taken: the table has changed, or may have changed
    kUnheard,  // no answer: it may have been taken
    kOver,     // not taken, and not worth another try
  };
  Kind kind = Kind::kOver;
  Error error = {};                                    // for the kinds that are not taken
  std::optional<catalog::LoadedTable> committed = {};  // for the kinds that are taken

  bool is_taken() const { return kind == Kind::kTaken || kind == Kind::kFound || kind == Kind::kEarlier; }
};

// Derives outcomes from errors. Use one object for all tries of a commit. Not thread-safe.
class TryJudge {
 public:
  // The verdict for an error of loading the table.
  static Verdict OfLoad(const Error& error);
  // The verdict for an error of a try on a base with this sequence number. The base may have been stale. So an error
  // that looks like a fence or a lost file counts only after it also happened on another base. (Expiry deletes files
  // that only an outdated base needs.)
  Verdict OfTry(const Error& error, int64_t base_sequence_number);

 private:
  int64_t judged_on_ = -1;  // the sequence number of the last base that looked stale
  bool doubted_ = false;    // a fence was already checked on another base
};

// True if the catalog objects to the request itself, so that the same request would fail at any time.
bool IsRefusal(const Error& error);

}  // namespace frazil::table
