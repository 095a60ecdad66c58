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

// A file being written. It becomes visible at Close, whole or not at all. Destroyed without Close: nothing appears.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Status Write(std::string_view bytes) = 0;
  virtual Status Close() = 0;
  virtual int64_t position() const = 0;           // bytes written so far
  virtual int64_t buffered() const { return 0; }  // about as many of them are still in memory
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
  int64_t modified_ms = 0;  // since 1970, by the store's clock
};
// Of a listing, which an error ends.
using ListedFiles = std::function<Status(const ListedFile& file)>;

// Thread-safe. Errors name the location. Access refused is kUnauthorized and begins with "Access Denied"; a missing
// file is kNotFound.
class FileIo {
 public:
  virtual ~FileIo() = default;
  // When, in milliseconds since 1970, a file that is written with the credentials of now should be closed: they end
  // soon after. Far away where they do not. Asks nobody: where new ones are due, that moment has passed already.
  virtual int64_t CloseByMillis() { return std::numeric_limits<int64_t>::max(); }
  // Names are never used twice: a local file that is already there is kAlreadyExists at Close. Object stores cannot
  // tell in general, so the name must be the caller's own (a UUID in it).
  virtual Result<std::unique_ptr<OutputFile>> Create(const std::string& location) = 0;
  virtual Result<std::unique_ptr<InputFile>> Open(const std::string& location) = 0;
  virtual Result<bool> Exists(const std::string& location) = 0;
  virtual Status Delete(const std::string& location) = 0;  // Ok if it is not there
  // Puts `bytes` in place of whatever is there, atomically: for the few files whose name stays (version-hint.text).
  virtual Status Replace(const std::string& location, std::string_view bytes) = 0;

  // Every file below `folder`, however deep, in no order and without holding all of them at once. One that is written
  // or deleted meanwhile may be left out. A folder that is not there has none.
  virtual Status List(const std::string& folder, const ListedFiles& take);

  // For files of a table's metadata: kCorrupt where one is longer than CurrentLimits().metadata_file.
  virtual Result<std::string> ReadAll(const std::string& location);
  virtual Status WriteAll(const std::string& location, std::string_view bytes);

  // Ok if files may be put there, as far as can be told without putting one; what is needed for it is here afterwards
  // (a client of the storage, which may be large).
  virtual Status PrepareToWrite(const std::string& /*location*/) { return {}; }
  // Ok if a file that was closed is where readers look for it, with so many bytes: looked up afresh. Nothing is asked
  // where the answer to Close says as much (object stores).
  virtual Status CheckStored(const std::string& /*location*/, int64_t /*bytes*/) { return {}; }
};

// Settings under their Iceberg names ("s3.endpoint", "gcs.oauth2.token", …), as catalogs vend them. Which there are,
// each storage says.
using Properties = std::map<std::string, std::string>;

}  // namespace frazil::io
