#include "aws/endpoint.h"

#include <algorithm>

#include "aws/environment.h"
#include "common/text/ascii_case.h"
#include "common/text/shown.h"

namespace frazil::aws {

Result<std::string> EndpointOf(std::string_view service, const std::string& region) {
  const std::string own = "AWS_ENDPOINT_URL_" + Upper(service);
  for (const std::string& variable : {own, std::string("AWS_ENDPOINT_URL")}) {
    if (std::string url = EnvironmentOf(variable.c_str()); !url.empty()) return url;
  }
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (region.empty() || !std::all_of(region.begin(), region.end(), fits)) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is no region of AWS: expected one like eu-west-1", Shown(region));
  }
  return fmt::format("https://{}.{}.amazonaws.com{}", service, region, region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace frazil::aws
