// The kinds of storage that are built in, their properties, and a FileIo that serves all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "io/file_io.h"

namespace frazil::storage {

// Properties of a storage that other code must know.
struct Traits {
  int64_t write_buffer_bytes = 0;  // the most bytes that an open output file holds in memory
  bool conditional_put = false;    // creating a file that exists is detected (io::FileIo::Create)
};

// The names of a storage's settings among all properties (io::Properties). A name that ends with '.' or '-' stands for
// all keys that begin with it.
struct Settings {
  std::vector<std::string_view> names;
  std::vector<std::string_view> endpoints;  // the keys that set the server
  std::vector<const char*>
      endpoint_variables;  // environment variables that set the first endpoint key if no property does
  std::vector<std::string_view> credentials;  // credentials; they are replaced together
  std::vector<std::string_view> sufficient;   // any one of these is enough, so that no others are searched for
  std::string_view temporary;                 // the credential that expires
  std::string_view expiry;                    // the key that holds its expiry, in milliseconds since 1970

  // True if `key` is `name`, or begins with it if `name` ends with '.' or '-'.
  static bool Matches(std::string_view key, std::string_view name);
  bool Has(std::string_view key) const;
  bool IsCredential(std::string_view key) const;
  // True if `properties` contain credentials, so that those of the environment are not used.
  bool SayWho(const io::Properties& properties) const;
};

struct Storage {
  std::string_view name;  // the name in messages: "S3"
  std::vector<std::string_view> schemes;
  // how a location is written
  std::string_view form;  // "s3://bucket/key"
  Traits traits;
  Settings settings;
  // Checks the text of a location with one of the schemes. kInvalidArgument if it cannot name anything. Asks no server.
  Status (*check)(std::string_view location) = nullptr;
  // Opens the storage. Settings missing in `properties` are taken from the environment.
  Result<std::unique_ptr<io::FileIo>> (*open)(const io::Properties& properties) = nullptr;
};

// All storages. The first is the local file system.
std::span<const Storage* const> Storages();
// Null if no storage is built in for the scheme of `location`.
const Storage* StorageOf(std::string_view location);

// Checks the text of any location, without asking a server. kUnsupported if no storage is built in for its scheme;
// kInvalidArgument for a relative path, for instance.
Status CheckLocation(std::string_view location);

// The most bytes that an output file at this location holds in memory.
int64_t WriteBufferBytes(std::string_view location);

// A FileIo that serves every storage, chosen by the location. A storage is opened at its first use, because most local
// setups need only the local file system.
Result<std::shared_ptr<io::FileIo>> MakeFileIo(const io::Properties& properties);

}  // namespace frazil::storage
