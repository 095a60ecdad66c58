#include "catalog/hive/address.h"

#include <charconv>

namespace frazil::catalog::hive {
namespace {

constexpr std::string_view kScheme = "thrift://";

tl::unexpected<Error> Unexpected() {
  return Fail(ErrorKind::kInvalidArgument,
              "expected thrift://HOST:PORT, or several of one metastore as thrift://HOST:PORT,HOST:PORT");
}

}  // namespace

std::string Address::ToString() const { return fmt::format("{}{}:{}", kScheme, host, port); }

Result<std::vector<Address>> ParseAddresses(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return Unexpected();
  std::vector<Address> addresses;
  while (true) {
    const size_t comma = uri.find(',');
    std::string_view one = uri.substr(0, comma);
    if (one.starts_with(kScheme)) one.remove_prefix(kScheme.size());
    const size_t colon = one.find(':', one.starts_with('[') ? one.find(']') : 0);
    Address address{.host = std::string(one.substr(0, colon))};
    if (colon != std::string_view::npos) {
      const std::string_view port = one.substr(colon + 1);
      const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
      if (error != std::errc() || end != port.data() + port.size() || address.port < 1 || address.port > 65535) {
        return Unexpected();
      }
    }
    if (address.host.empty() || address.host.find_first_of("/@? \t") != std::string::npos) return Unexpected();
    addresses.push_back(std::move(address));
    if (comma == std::string_view::npos) return addresses;
    uri.remove_prefix(comma + 1);
  }
}

}  // namespace frazil::catalog::hive
