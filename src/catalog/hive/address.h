// The addresses of Hive Metastores.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::catalog::hive {

struct Address {
  std::string host;
  int port = 9083;
  std::string ToString() const;  // "thrift://host:9083"
  bool operator==(const Address&) const = default;
};

// Parses "thrift://a:9083,b" or "thrift://a,thrift://b". The addresses are tried in this order. The default port is
// 9083; a host may be "[::1]". On an error, the message says what is expected.
Result<std::vector<Address>> ParseAddresses(std::string_view uri);

}  // namespace frazil::catalog::hive
