// What became of one try of a commit.
#pragma once

#include <cstdint>
#include <optional>

#include "catalog/catalog.h"
#include "common/result.h"

namespace frazil::table {

struct Verdict {
  enum class Kind : uint8_t {
    kTaken,    // the catalog's answer has the snapshot that this try sent
    kFound,    // so has the table, loaded after an answer that was lost: others may have come since
    kEarlier,  // the table has what an earlier try sent, with what that one said of the offsets
    kRefused,  // nothing of it was taken, nor would be: the catalog does not take what was asked
    kMoved,    // it was not taken: the table has moved under it, or may have
    kUnheard,  // nothing was heard: it may have been taken
    kOver,     // it was not taken, and is not worth another try
  };
  Kind kind = Kind::kOver;
  Error error = {};                                    // of the last four
  std::optional<catalog::LoadedTable> committed = {};  // of the first three

  bool is_taken() const { return kind == Kind::kTaken || kind == Kind::kFound || kind == Kind::kEarlier; }
};

// Judges by errors what became of tries. One for all tries of a commit.
class TryJudge {
 public:
  // Of a request that was not a try, but a load.
  static Verdict OfLoad(const Error& error);
  // Of a try on a base of this sequence number that made or met `error`. The base may have been stale: what looks
  // fenced, or like a lost file, is judged on another base before it is believed. Expiry takes the files of a base that
  // others have left behind.
  Verdict OfTry(const Error& error, int64_t base_sequence_number);

 private:
  int64_t judged_on_ = -1;  // the sequence number of the base that looked stale last
  bool doubted_ = false;    // what looked fenced was judged on another base
};

// Whether an answer of the catalog has to do with what was asked, not with when.
bool IsRefusal(const Error& error);

}  // namespace frazil::table
