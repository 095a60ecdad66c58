// How Thrift's bytes are read here, by the client and by what tests it.
#pragma once

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/transport/TTransport.h>

#include <memory>

namespace frazil::catalog::hive {

// Takes no text longer than a reply may be, no list of more than limits.hive_entries, and no structs that lie deeper
// within each other than any that is spoken here.
std::shared_ptr<apache::thrift::protocol::TProtocol> MakeProtocol(
    std::shared_ptr<apache::thrift::transport::TTransport> transport);

// What such a transport must be made with.
std::shared_ptr<apache::thrift::TConfiguration> WireLimits();

}  // namespace frazil::catalog::hive
