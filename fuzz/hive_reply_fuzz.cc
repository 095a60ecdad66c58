// What a Hive Metastore answers: tables, databases, lists, locks, refusals.
#include <hive_wire/Metastore.h>
#include <thrift/transport/TBufferTransports.h>

#include <string>
#include <vector>

#include "catalog/hive/hive_table.h"
#include "catalog/hive/protocol.h"
#include "fuzz.h"
#include "iceberg/table_metadata.h"

namespace {

namespace hive = frazil::catalog::hive;
namespace wire = hive::wire;
using apache::thrift::protocol::T_REPLY;
using apache::thrift::transport::TMemoryBuffer;
using frazil::fuzz::Check;
using frazil::iceberg::Type;
using frazil::iceberg::TypeKind;

frazil::iceberg::TableMetadata Metadata() {
  frazil::iceberg::NewTable table;
  table.location = "file:///w/db/t";
  const auto text = Type::Primitive(TypeKind::kString);
  table.schema = {{1, "id", Type::Primitive(TypeKind::kLong), true, "a number", {}, {}},
                  {2, "tags", Type::List(3, text, false)},
                  {4, "named", Type::Map(5, text, 6, Type::Decimal(9, 2), false)},
                  {7, "at",
                   Type::Struct({{8, "ts", Type::Primitive(TypeKind::kTimestampTz)},
                                 {9, "day", Type::Primitive(TypeKind::kDate)}})}};
  table.properties = {{"owner", "me"}, {"frazil.offsets/p", "ours"}, {"long", std::string(5000, 'x')}};
  auto metadata = frazil::iceberg::MakeTableMetadata(table, 1'700'000'000'000);
  Check(metadata.has_value(), "the table can be made");
  return *std::move(metadata);
}

// The answer `result` of `call`, as it stands on the wire.
template <class ResultOfCall>
std::string Answer(const char* call, const ResultOfCall& result) {
  const auto buffer = std::make_shared<TMemoryBuffer>();
  const auto protocol = hive::MakeProtocol(buffer);
  protocol->writeMessageBegin(call, T_REPLY, 0);
  result.write(protocol.get());
  protocol->writeMessageEnd();
  return buffer->getBufferAsString();
}

}  // namespace

namespace frazil::fuzz {

std::vector<std::string> Seeds() {
  const auto metadata = Metadata();
  std::vector<std::string> seeds;
  wire::Metastore_get_table_req_result table;
  table.success.table =
      hive::MakeHiveTable({{"db"}, "t"}, "file:///w/db/t/metadata/1.json", metadata, 1'700'000'000'000);
  table.__isset.success = true;
  seeds.push_back(Answer("get_table_req", table));
  table.success.table.parameters.erase("metadata_location");
  seeds.push_back(Answer("get_table_req", table));
  table.success.table.parameters["table_type"] = "HUDI";
  table.success.table.tableType = "VIRTUAL_VIEW";
  seeds.push_back(Answer("get_table_req", table));
  wire::Metastore_get_table_req_result missing;
  missing.o2.message = "hive.db.t table not found";
  missing.__isset.o2 = true;
  seeds.push_back(Answer("get_table_req", missing));
  wire::Metastore_lock_result lock;
  lock.success.lockid = 7;
  lock.success.state = 1;
  lock.__isset.success = true;
  seeds.push_back(Answer("lock", lock));
  wire::Metastore_get_all_databases_result databases;
  databases.success = {"default", "db"};
  databases.__isset.success = true;
  seeds.push_back(Answer("get_all_databases", databases));
  wire::Metastore_get_database_result database;
  database.success.name = "db";
  database.success.__set_locationUri("file:///w/db.db");
  database.__isset.success = true;
  seeds.push_back(Answer("get_database", database));
  return seeds;
}

}  // namespace frazil::fuzz

namespace {

// Has `read` read the bytes as the answer to one call.
template <class Read>
bool Answers(const uint8_t* data, size_t size, Read read) {
  const auto buffer = std::make_shared<TMemoryBuffer>(const_cast<uint8_t*>(data), static_cast<uint32_t>(size),
                                                      TMemoryBuffer::OBSERVE, hive::WireLimits());
  wire::MetastoreClient client(hive::MakeProtocol(buffer));
  try {
    read(client);
    return true;
  } catch (const apache::thrift::TException&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto metadata = Metadata();
  wire::GetTableResult result;
  if (Answers(data, size, [&](auto& client) { client.recv_get_table_req(result); })) {
    const auto location = hive::MetadataLocationOf(result.table);
    Check(!location || !location->empty(), "a place has a name");
    hive::Show(metadata, "file:///w/db/t/metadata/2.json", result.table);
    Check(hive::MetadataLocationOf(result.table) == "file:///w/db/t/metadata/2.json", "what is shown is found");
    Check(!location || result.table.parameters.at("previous_metadata_location") == *location, "and what was before");
    Check(result.table.sd.cols.size() == 4, "it shows the columns of the table");
  }
  wire::LockResponse lock;
  Answers(data, size, [&](auto& client) { client.recv_lock(lock); });
  std::vector<std::string> names;
  Answers(data, size, [&](auto& client) { client.recv_get_all_databases(names); });
  wire::Database database;
  Answers(data, size, [&](auto& client) { client.recv_get_database(database); });
  return 0;
}
