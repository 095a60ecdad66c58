#include "common/result.h"

namespace frazil {

std::string_view ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidArgument:
      return "invalid argument";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kAlreadyExists:
      return "already exists";
    case ErrorKind::kCommitConflict:
      return "commit conflict";
    case ErrorKind::kCommitUnknown:
      return "commit state unknown";
    case ErrorKind::kFenced:
      return "fenced";
    case ErrorKind::kUnauthorized:
      return "unauthorized";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kIo:
      return "i/o";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kRecordsGone:
      return "records gone";
    case ErrorKind::kBadRecord:
      return "bad record";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "?";
}

}  // namespace frazil
