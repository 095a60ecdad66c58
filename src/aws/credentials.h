// Credentials of AWS, and of services that use its protocols.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/secret.h"

namespace frazil::aws {

struct Credentials {
  std::string access_key_id;  // sent with every request, so it is no secret
  Secret secret_access_key;
  Secret session_token = {};                 // only of temporary credentials
  std::optional<int64_t> expire_at_ms = {};  // milliseconds since 1970; nullopt: unknown or never
  bool empty() const { return access_key_id.empty(); }
  bool operator==(const Credentials&) const = default;

  // `text` with the secrets replaced by "***", for servers that repeat what they were sent.
  std::string BlotFrom(std::string text) const {
    return secret_access_key.BlotFrom(session_token.BlotFrom(std::move(text)));
  }
};

}  // namespace frazil::aws
