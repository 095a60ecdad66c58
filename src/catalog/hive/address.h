// Where metastores are.
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

// Of "thrift://a:9083,b" or "thrift://a,thrift://b": tried in this order. The port of none is 9083, a host may be
// "[::1]". The error's text says what is expected.
Result<std::vector<Address>> ParseAddresses(std::string_view uri);

}  // namespace frazil::catalog::hive
