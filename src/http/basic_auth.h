// Name and password for HTTP Basic authentication (RFC 7617).
#pragma once

#include <string>

#include "common/secret.h"

namespace frazil::http {

struct BasicAuth {
  std::string name;  // must not contain a colon
  Secret password;

  // The value of the Authorization header.
  std::string Header() const;
  // `text` with the password replaced by "***", in plain and in encoded form: for messages of servers that repeat the
  // request.
  std::string BlotFrom(std::string text) const;
};

}  // namespace frazil::http
