// Which kinds of storage are built in, what each can, and files in any of them.
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

// What a storage can and cannot do, where that decides how others work with it.
struct Traits {
  int64_t write_buffer_bytes = 0;  // the most that a file which is being written holds in memory
  bool conditional_put = false;    // a file that is already there is noticed (io::FileIo::Create)
};

// A storage's own among all properties (io::Properties). A name that ends with "." or "-" stands for all that begin so.
struct Settings {
  std::vector<std::string_view> names;
  std::vector<std::string_view> endpoints;  // those that say where its server is
  std::vector<const char*>
      endpoint_variables;                     // of the environment, which say the first of them where no property does
  std::vector<std::string_view> credentials;  // one thing: they come and go together
  std::vector<std::string_view> sufficient;   // those of them with any of which no others are looked for
  std::string_view temporary;                 // the one of them that ends
  std::string_view expiry;                    // when it does, in milliseconds since 1970

  static bool Matches(std::string_view key, std::string_view name);
  bool Has(std::string_view key) const;
  bool IsCredential(std::string_view key) const;
  // Whether `properties` say who asks, so that it is not the user by the credentials of the environment.
  bool SayWho(const io::Properties& properties) const;
};

struct Storage {
  std::string_view name;  // for messages: "S3"
  std::vector<std::string_view> schemes;
  std::string_view form;  // "s3://bucket/key"
  Traits traits;
  Settings settings;
  // Of a location with one of the schemes: kInvalidArgument where nothing can be there. Looks at the text alone.
  Status (*check)(std::string_view location) = nullptr;
  // What `properties` lack is taken from the environment.
  Result<std::unique_ptr<io::FileIo>> (*open)(const io::Properties& properties) = nullptr;
};

// All of them, this machine's files first.
std::span<const Storage* const> Storages();
// Null where none is built in for the location's scheme.
const Storage* StorageOf(std::string_view location);

// Ok if files can be had there by what is built in: kUnsupported names the scheme that is not, kInvalidArgument a
// relative path. Looks at the text alone.
Status CheckLocation(std::string_view location);

// The most that a file which is being written at such a location holds in memory.
int64_t WriteBufferBytes(std::string_view location);

// A FileIo that serves every storage, choosing by location. One is opened at its first location: most programs on a
// laptop never need any but this machine's.
Result<std::shared_ptr<io::FileIo>> MakeFileIo(const io::Properties& properties);

}  // namespace frazil::storage
