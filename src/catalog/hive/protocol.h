// The Thrift protocol, with limits, for the client and its tests.
#pragma once

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/transport/TTransport.h>

#include <memory>

namespace frazil::catalog::hive {

// Refuses texts longer than a reply may be, lists with more than limits.hive_entries, and structs nested deeper than
// any real reply.
std::shared_ptr<apache::thrift::protocol::TProtocol> MakeProtocol(
    std::shared_ptr<apache::thrift::transport::TTransport> transport);

// The configuration with which the transport must be made.
std::shared_ptr<apache::thrift::TConfiguration> WireLimits();

}  // namespace frazil::catalog::hive
