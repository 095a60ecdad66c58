// How much is taken from others, and how long they are waited for: sizes and patience are ours, never the other side's.
// docs/trust.md lists every limit.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace frazil {

// A bound with its name, so that an error says which key to raise.
struct Limit {
  std::string_view key;  // in the configuration, its unit at its end: "limits.http_reply_mb"
  int64_t value = 0;     // in that unit
  int64_t least = 1;     // that the configuration may give
  int64_t most = 1;
  int64_t unit = 1;  // bytes or milliseconds of one; 1 where things are counted

  int64_t amount() const { return value * unit; }
  std::chrono::milliseconds time() const { return std::chrono::milliseconds(amount()); }
};

struct Limits {
  static constexpr int64_t kKiB = 1 << 10;
  static constexpr int64_t kMiB = 1 << 20;
  static constexpr int64_t kSecond = 1000;

  // --- What servers answer over HTTP.
  // The body of a reply, unpacked. Read as JSON it takes up to six times as much for a moment.
  Limit http_reply{"limits.http_reply_mb", 64, 1, 4096, kMiB};
  Limit http_headers{"limits.http_headers_kb", 64, 1, 1 << 16, kKiB};
  // One request, from connecting to the last byte of its reply.
  Limit http_timeout{"limits.http_timeout_secs", 60, 1, 3600, kSecond};
  Limit token_reply{"limits.token_reply_kb", 256, 1, 1 << 16, kKiB};
  // Pages that one question to a catalog may have.
  Limit catalog_pages{"limits.catalog_pages", 10'000, 1, 100'000'000, 1};

  // --- What a Hive Metastore answers.
  Limit hive_reply{"limits.hive_reply_mb", 64, 1, 1024, kMiB};
  Limit hive_entries{"limits.hive_entries", 100'000, 1000, 10'000'000, 1};  // of one list: tables, columns
  // One call. A lock that it holds must not run out meanwhile, which is after 300 s unless the server says otherwise.
  Limit hive_timeout{"limits.hive_timeout_secs", 60, 1, 240, kSecond};

  // --- What files hold.
  Limit metadata_file{"limits.metadata_file_mb", 64, 1, 4096, kMiB};           // a file of a table's metadata, unpacked
  Limit json_values{"limits.json_values", 1'000'000, 1000, 1'000'000'000, 1};  // of a document that becomes a tree
  Limit json_nesting{"limits.json_nesting", 256, 16, 1000, 1};  // levels; each takes stack where a document is printed

  // All of them, for who reads or lists them.
  std::vector<Limit*> All() {
    return {&http_reply,   &http_headers, &http_timeout,  &token_reply, &catalog_pages, &hive_reply,
            &hive_entries, &hive_timeout, &metadata_file, &json_values, &json_nesting};
  }
};

// Those of this process.
const Limits& CurrentLimits();
// Before other threads look.
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
