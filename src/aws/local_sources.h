// Credentials from the container or the EC2 instance that the process runs on.
#pragma once

#include <optional>
#include <string_view>

#include "aws/credentials.h"
#include "common/result.h"

namespace frazil::http {
class HttpClient;
}

namespace frazil::aws {

// Asks the server of AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI (ECS, EKS Pod Identity), with the token of
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN. Returns nullopt if neither URI is set,
// kInvalidArgument if the URI would send the token unencrypted to another machine. `direct` must ignore proxies.
Result<std::optional<Credentials>> ContainerCredentials(http::HttpClient& direct);

// Asks the EC2 instance metadata service, version 2, at 169.254.169.254 or AWS_EC2_METADATA_SERVICE_ENDPOINT. Returns
// nullopt if nothing answers there, the instance has no role, or AWS_EC2_METADATA_DISABLED is "true".
Result<std::optional<Credentials>> InstanceCredentials(http::HttpClient& direct);

// Reads the answer of either: {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}. Returns kCorrupt for anything
// else.
Result<Credentials> ReadLocalCredentials(std::string_view text);

}  // namespace frazil::aws
