// Signs requests for AWS, by Signature Version 4 (IAM User Guide, "AWS Signature Version 4 for API requests").
//
// libcurl can sign too, but it signs the URL as it is. Services other than S3 expect a path that is encoded twice, so
// they would refuse a namespace a%1Fb, and a query whose parameters are sorted.
#pragma once

#include <cstdint>
#include <string>

#include "aws/credentials.h"

namespace frazil::http {
struct HttpRequest;
}

namespace frazil::aws {

// The service and region that a signature is valid for.
struct SigningScope {
  std::string region;   // "eu-west-1"
  std::string service;  // "glue", "execute-api", "sts"
  bool operator==(const SigningScope&) const = default;
};

// Adds the headers Host, X-Amz-Date, X-Amz-Content-Sha256, Authorization and, if the credentials have a session token,
// X-Amz-Security-Token. Call it last, because it signs the URL, the body, and all headers that proxies do not change.
// Renames an existing Authorization header to Original-Authorization (reference: RESTSigV4AuthSession). The server
// accepts the signature for about five minutes around `now_ms`. Not for S3, whose paths are encoded only once.
void Sign(const Credentials& credentials, const SigningScope& scope, int64_t now_ms, http::HttpRequest& request);

}  // namespace frazil::aws
