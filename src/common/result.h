// Result<T>: a value, or an Error of a named kind. Every function that can fail, and that another module calls, returns
// a Result or a Status.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace frazil {

// Tells a caller what to do about an error. Code looks at the kind only; the message is for people.
enum class ErrorKind : uint8_t {
  kInvalidArgument,  // the caller or the user gave something wrong: do not retry
  kNotFound,         // the named thing does not exist
  kAlreadyExists,    // somebody made it first
  kCommitConflict,   // the catalog refused the commit because the table has changed: reload, check again, retry
  kCommitUnknown,    // the commit may or may not have happened: reload and look for it; delete nothing
  kFenced,           // another writer moved our offsets: drop uncommitted work and continue from the table's offsets
  kUnauthorized,     // credentials missing, wrong or too weak
  kUnavailable,      // a server did not answer or asked to wait: retry later may help
  kIo,               // reading or writing bytes failed
  kCorrupt,          // outside bytes break their format's rules
  kUnsupported,      // valid, but Frazil does not do it (yet)
  kRecordsGone,      // retention deleted records before they were read
  kBadRecord,        // one Kafka record cannot become a row
  kCancelled,        // asked to stop
  kInternal,         // a bug of ours
};

std::string_view ToString(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;  // what failed, where, why, what to do; never a secret
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

template <class... Args>
[[nodiscard]] tl::unexpected<Error> Fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

// The same error, with "CONTEXT: " before its message.
[[nodiscard]] inline tl::unexpected<Error> Wrap(const Error& error, std::string_view context) {
  return tl::unexpected<Error>(Error{error.kind, fmt::format("{}: {}", context, error.message)});
}

}  // namespace frazil

#define FRAZIL_CONCAT_(a, b) a##b
#define FRAZIL_CONCAT(a, b) FRAZIL_CONCAT_(a, b)

// If `expr` is an error, returns that error from the enclosing function.
#define FRAZIL_RETURN_IF_ERROR(expr)                                              \
  do {                                                                            \
    auto&& frazil_status = (expr);                                                \
    if (!frazil_status) [[unlikely]]                                              \
      return ::tl::unexpected<::frazil::Error>(std::move(frazil_status).error()); \
  } while (false)

// FRAZIL_ASSIGN_OR_RETURN(auto x, F()): declares x from F()'s value, or returns F()'s error.
#define FRAZIL_ASSIGN_OR_RETURN(decl, expr) \
  FRAZIL_ASSIGN_OR_RETURN_(FRAZIL_CONCAT(frazil_result_, __LINE__), decl, expr)
#define FRAZIL_ASSIGN_OR_RETURN_(result, decl, expr)                     \
  auto result = (expr);                                                  \
  if (!result) [[unlikely]]                                              \
    return ::tl::unexpected<::frazil::Error>(std::move(result).error()); \
  decl = *std::move(result)
