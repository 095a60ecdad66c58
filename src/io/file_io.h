// Bytes at rest, wherever they are. Locations are URIs, or plain absolute paths. Which schemes are built in, storage/
// knows.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::io {

// A file that is being written. It becomes visible at Close, whole or not at all. Without Close, nothing appears. One
// thread uses it.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Status Write(std::string_view bytes) = 0;
  virtual Status Close() = 0;
  virtual int64_t position() const = 0;           // bytes written so far
  virtual int64_t buffered() const { return 0; }  // about how many of them are still in memory
};

class InputFile {
 public:
  virtual ~InputFile() = default;
  virtual Result<int64_t> Size() = 0;
  // Reads exactly `out.size()` bytes at `offset`, or fails with kIo.
  virtual Status ReadAt(int64_t offset, std::span<char> out) = 0;
};

struct ListedFile {
  std::string location;
  int64_t size = 0;         // bytes
  int64_t modified_ms = 0;  // since 1970, by the clock of the store
};
// Receives each file of a listing. If it returns an error, the listing ends with that error.
using ListedFiles = std::function<Status(const ListedFile& file)>;

// Files by location (a URI or an absolute path). Thread-safe. Errors name the location. A missing file is kNotFound.
// Refused access is kUnauthorized; in object stores the message begins with "Access Denied".
class FileIo {
 public:
  virtual ~FileIo() = default;
  // The time, in milliseconds since 1970, by which a file that is opened now for writing should be closed, because the
  // current credentials expire soon after. If they do not expire, it is the largest int64_t. This call asks no server:
  // if new credentials are due, the returned time has already passed.
  virtual int64_t CloseByMillis() { return std::numeric_limits<int64_t>::max(); }
  // Creates a new file. The caller must use a name that nobody has used (for example, with a UUID in it): object stores
  // cannot detect an existing file in general. If a local file exists, Close returns kAlreadyExists.
  virtual Result<std::unique_ptr<OutputFile>> Create(const std::string& location) = 0;
  virtual Result<std::unique_ptr<InputFile>> Open(const std::string& location) = 0;
  virtual Result<bool> Exists(const std::string& location) = 0;
  virtual Status Delete(const std::string& location) = 0;  // a missing file is no error
  // Writes `bytes`, and atomically replaces the file if it exists. For the few files with a fixed name
  // (version-hint.text).
  virtual Status Replace(const std::string& location, std::string_view bytes) = 0;

  // Calls `take` for every file below `folder`, at any depth and in no particular order. It does not hold the whole
  // list in memory. Files that are written or deleted during the call may be left out. A missing folder has no files.
  // The default returns kUnsupported.
  virtual Status List(const std::string& folder, const ListedFiles& take);

  // Reads a whole file. Only for a table's metadata: a file longer than CurrentLimits().metadata_file is kCorrupt.
  virtual Result<std::string> ReadAll(const std::string& location);
  virtual Status WriteAll(const std::string& location, std::string_view bytes);

  // Checks, without writing, whether files may be written at `location`, as far as that can be known. It also sets up
  // what writing needs, such as a large storage client, so that the first write does not have to.
  virtual Status PrepareToWrite(const std::string& /*location*/) { return {}; }
  // Checks that a closed file is where readers look for it and has `bytes` bytes. The store is asked afresh. The
  // default returns Ok without asking: for object stores, the answer to Close is proof enough.
  virtual Status CheckStored(const std::string& /*location*/, int64_t /*bytes*/) { return {}; }
};

// Storage settings by their Iceberg names ("s3.endpoint", "gcs.oauth2.token"), as catalogs vend them. Each storage
// lists the names that it knows.
using Properties = std::map<std::string, std::string>;

}  // namespace frazil::io
