// A name and its password as HTTP's Basic sends them (RFC 7617).
#pragma once

#include <string>

#include "common/secret.h"

namespace frazil::http {

struct BasicAuth {
  std::string name;  // without a colon
  Secret password;

  // The value of the Authorization header.
  std::string Header() const;
  // `text` with the password blotted out in every form that it was sent in: for a server that repeats its request.
  std::string BlotFrom(std::string text) const;
};

}  // namespace frazil::http
