// Bytes at rest, wherever they are. Locations are URIs with the schemes file, s3, s3a, s3n, or plain absolute paths.
#pragma once

#include <cstdint>
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

// Thread-safe. Errors name the location. Access refused is kUnauthorized and begins with
// "Access Denied (Service: S3, Status Code: 403)"; a missing file is kNotFound.
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

  // For files of a table's metadata: kCorrupt where one is longer than CurrentLimits().metadata_file.
  virtual Result<std::string> ReadAll(const std::string& location);
  virtual Status WriteAll(const std::string& location, std::string_view bytes);

  // Ok if files may be put there, as far as can be told without putting one; what is needed for it is here afterwards
  // (an S3 client, which is large).
  virtual Status PrepareToWrite(const std::string& /*location*/) { return {}; }
  // Ok if a file that was closed is where readers look for it, with so many bytes: looked up afresh. Nothing is asked
  // where the answer to Close says as much (S3).
  virtual Status CheckStored(const std::string& /*location*/, int64_t /*bytes*/) { return {}; }
};

// The most that a file which is being written at such a location holds in memory.
int64_t WriteBufferBytes(std::string_view location);

// Settings under their Iceberg names ("s3.endpoint", "s3.access-key-id", "s3.secret-access-key", "s3.session-token",
// "s3.region" or "client.region", "s3.path-style-access"), as catalogs vend them; others are ignored.
using Properties = std::map<std::string, std::string>;

// A FileIo that serves every scheme built in, choosing by location. A scheme that cannot be had (hdfs, …) is
// kUnsupported by name. What `properties` lacks is taken from the AWS environment variables.
Result<std::shared_ptr<FileIo>> MakeFileIo(const Properties& properties);

}  // namespace frazil::io
