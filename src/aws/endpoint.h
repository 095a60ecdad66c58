// Addresses of AWS's services.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::aws {

// The URL of a service ("glue", "sts") in a region. AWS_ENDPOINT_URL_<SERVICE> and AWS_ENDPOINT_URL override it.
// Returns kInvalidArgument if the region cannot be part of a host name.
Result<std::string> EndpointOf(std::string_view service, const std::string& region);

}  // namespace frazil::aws
