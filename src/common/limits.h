// Limits on what Frazil accepts from servers and files, and on how long it waits for them. A limit never comes from the
// other side. docs/trust.md lists every limit.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace frazil {

// A bound and its configuration key, so that an error can name the key to raise.
struct Limit {
  std::string_view key;  // its configuration key, which ends with the unit: "limits.http_reply_mb"
  int64_t value = 0;     // in the key's unit
  int64_t least = 1;     // the least value that the configuration may set
  // the greatest value that the configuration may set
  int64_t most = 1;
  int64_t unit = 1;  // bytes or milliseconds in one unit; 1 if the limit is a count

  // In bytes, in milliseconds, or as a count.
  int64_t amount() const { return value * unit; }
  // Only for limits of time.
  std::chrono::milliseconds time() const { return std::chrono::milliseconds(amount()); }
};

struct Limits {
  static constexpr int64_t kKiB = 1 << 10;
  static constexpr int64_t kMiB = 1 << 20;
  static constexpr int64_t kSecond = 1000;

  // --- Replies over HTTP.
  // The body of one reply, decompressed. Parsing it as JSON takes up to six times as much memory for a moment.
  Limit http_reply{"limits.http_reply_mb", 64, 1, 4096, kMiB};
  Limit http_headers{"limits.http_headers_kb", 64, 1, 1 << 16, kKiB};
  // The time of one request, from connecting to the last byte of the reply.
  Limit http_timeout{"limits.http_timeout_secs", 60, 1, 3600, kSecond};
  Limit token_reply{"limits.token_reply_kb", 256, 1, 1 << 16, kKiB};
  // How many pages a catalog may split one answer into.
  Limit catalog_pages{"limits.catalog_pages", 10'000, 1, 100'000'000, 1};

  // --- Replies of a Hive Metastore.
  Limit hive_reply{"limits.hive_reply_mb", 64, 1, 1024, kMiB};
  Limit hive_entries{"limits.hive_entries", 100'000, 1000, 10'000'000, 1};  // entries of one list (tables, columns)
  // The time of one call. It must be shorter than the life of a metastore lock (300 s unless the server sets another),
  // because a lock must not expire during a call.
  Limit hive_timeout{"limits.hive_timeout_secs", 60, 1, 240, kSecond};

  // --- Files.
  Limit metadata_file{"limits.metadata_file_mb", 64, 1, 4096, kMiB};  // one metadata file of a table, decompressed
  // values of one document that is parsed into a tree
  Limit json_values{"limits.json_values", 1'000'000, 1000, 1'000'000'000, 1};
  Limit json_nesting{"limits.json_nesting", 256, 16, 1000, 1};  // levels; printing a document uses stack for each

  // Every limit: for reading the configuration and for listing.
  std::vector<Limit*> All() {
    return {&http_reply,   &http_headers, &http_timeout,  &token_reply, &catalog_pages, &hive_reply,
            &hive_entries, &hive_timeout, &metadata_file, &json_values, &json_nesting};
  }
};

// The limits of this process.
const Limits& CurrentLimits();
// Not thread-safe: call it before the program starts other threads.
void SetLimits(const Limits& limits);

}  // namespace frazil

// "limits.http_reply_mb = 64"
template <>
struct fmt::formatter<frazil::Limit> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const frazil::Limit& limit, Context& context) const {
    return fmt::format_to(context.out(), "{} = {}", limit.key, limit.value);
  }
};
