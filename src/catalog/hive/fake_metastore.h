// A metastore for tests, with faults that a real one does not make on demand. It has one thread for each connection.
#pragma once

#include <hive_wire/Metastore.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "catalog/hive/protocol.h"

namespace frazil::catalog::hive {

// What happens to the next change of a table.
enum class Fate : uint8_t {
  kDone,
  kFails,           // it answers MetaException and changes nothing
  kDoneThenFails,   // it makes the change and answers MetaException
  kDoneUnanswered,  // it makes the change and closes the connection without an answer
  kLostUnanswered,  // it changes nothing and closes the connection without an answer
};

class FakeMetastore final : public wire::MetastoreNull {
 public:
  FakeMetastore() : listener_("127.0.0.1", 0) {
    listener_.listen();
    port_ = listener_.getPort();
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~FakeMetastore() override {
    closing_ = true;
    listener_.interrupt();
    acceptor_.join();
    for (auto& connection : connections_) ::shutdown(connection->getSocketFD(), SHUT_RDWR);
    for (auto& thread : threads_) thread.join();
  }

  std::string uri() const { return "thrift://127.0.0.1:" + std::to_string(port_); }

  // Tests set these before the requests that they affect.
  std::atomic<bool> compares{true};        // it supports expected_parameter_value
  std::atomic<bool> locks_run_out{false};  // locks expire before they are used
  std::atomic<bool> hangs{false};          // it answers nothing
  std::atomic<Fate> next_change{Fate::kDone};

  size_t locks() const {
    std::lock_guard lock(mutex_);
    return locks_.size();
  }
  int changes() const { return changes_; }
  int64_t HoldLock() {
    std::lock_guard lock(mutex_);
    locks_.push_back(++last_lock_);
    return last_lock_;
  }
  void GiveUpLock(int64_t id) {
    std::lock_guard lock(mutex_);
    std::erase(locks_, id);
  }
  wire::Table Table(const std::string& name) const {
    std::lock_guard lock(mutex_);
    return tables_.at(name);
  }

  void get_all_databases(std::vector<std::string>& names) override {
    std::lock_guard lock(mutex_);
    for (const auto& [name, database] : databases_) names.push_back(name);
  }
  void get_all_tables(std::vector<std::string>& names, const std::string& /*database*/) override {
    std::lock_guard lock(mutex_);
    for (const auto& [name, table] : tables_) names.push_back(name);
  }
  void get_database(wire::Database& to, const std::string& name) override {
    std::lock_guard lock(mutex_);
    if (!databases_.contains(name)) throw Named<wire::NoSuchObjectException>("no database " + name);
    to = databases_.at(name);
  }
  void create_database(const wire::Database& database) override {
    std::lock_guard lock(mutex_);
    if (!databases_.emplace(database.name, database).second) throw Named<wire::AlreadyExistsException>("it is there");
  }
  void get_table_req(wire::GetTableResult& to, const wire::GetTableRequest& request) override {
    std::lock_guard lock(mutex_);
    if (!tables_.contains(request.tblName)) throw Named<wire::NoSuchObjectException>("no table " + request.tblName);
    to.table = tables_.at(request.tblName);
  }
  void create_table(const wire::Table& table) override {
    Change([&] {
      if (!tables_.emplace(table.tableName, table).second) throw Named<wire::AlreadyExistsException>("it is there");
    });
  }
  void drop_table(const std::string& /*database*/, const std::string& name, bool /*files*/) override {
    std::lock_guard lock(mutex_);
    if (tables_.erase(name) == 0) throw Named<wire::NoSuchObjectException>("no table " + name);
  }
  void alter_table_with_environment_context(const std::string& /*database*/, const std::string& name,
                                            const wire::Table& table,
                                            const wire::EnvironmentContext& context) override {
    const auto expected = context.properties.find("expected_parameter_value");
    const std::string current = Table(name).parameters["metadata_location"];
    if (expected != context.properties.end() && compares && expected->second != current) {
      throw Named<wire::MetaException>(
          "The table has been modified. The parameter value for key 'metadata_location' is '" + current + "'");
    }
    const bool is_a_question = table.parameters == Table(name).parameters;
    if (is_a_question) return;
    ++changes_;
    Change([&] { tables_[name] = table; });
  }
  void lock(wire::LockResponse& to, const wire::LockRequest& /*request*/) override {
    to.lockid = HoldLock();
    to.state = State(to.lockid);
  }
  void check_lock(wire::LockResponse& to, const wire::CheckLockRequest& request) override {
    to.lockid = request.lockid;
    to.state = State(request.lockid);
  }
  void unlock(const wire::UnlockRequest& request) override { GiveUpLock(request.lockid); }
  void heartbeat(const wire::HeartbeatRequest& request) override {
    if (!locks_run_out) return;
    GiveUpLock(request.lockid);
    throw Named<wire::NoSuchLockException>("No such lock");
  }

 private:
  template <class Exception>
  static Exception Named(const std::string& message) {
    Exception exception;
    exception.message = message;
    return exception;
  }

  int32_t State(int64_t id) const {
    std::lock_guard lock(mutex_);
    return locks_.front() == id ? 1 : 2;
  }

  template <class Apply>
  void Change(Apply apply) {
    const Fate fate = next_change.exchange(Fate::kDone);
    {
      std::lock_guard lock(mutex_);
      if (fate != Fate::kFails && fate != Fate::kLostUnanswered) apply();
    }
    if (fate == Fate::kFails || fate == Fate::kDoneThenFails) throw Named<wire::MetaException>("a listener failed");
    ends_connection_ = fate == Fate::kDoneUnanswered || fate == Fate::kLostUnanswered;
  }

  void Accept() {
    while (!closing_) {
      try {
        const auto socket = std::static_pointer_cast<apache::thrift::transport::TSocket>(listener_.accept());
        connections_.push_back(socket);
        threads_.emplace_back([this, socket] { Serve(socket); });
      } catch (const apache::thrift::TException&) {
      }
    }
  }

  void Serve(const std::shared_ptr<apache::thrift::transport::TSocket>& socket) {
    using apache::thrift::transport::TBufferedTransport;
    using apache::thrift::transport::TMemoryBuffer;
    const std::shared_ptr<FakeMetastore> handler(this, [](FakeMetastore*) {});
    wire::MetastoreProcessor processor(handler);
    const auto in = MakeProtocol(std::make_shared<TBufferedTransport>(socket));
    try {
      while (true) {
        const auto answer = std::make_shared<TMemoryBuffer>();
        if (!processor.process(in, MakeProtocol(answer), nullptr)) break;
        while (hangs && !closing_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        if (ends_connection_.exchange(false)) break;
        const std::string bytes = answer->getBufferAsString();
        socket->write(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<uint32_t>(bytes.size()));
      }
    } catch (const apache::thrift::TException&) {
    }
    ::shutdown(socket->getSocketFD(), SHUT_RDWR);
  }

  apache::thrift::transport::TServerSocket listener_;
  int port_ = 0;
  std::atomic<bool> closing_{false};
  std::atomic<bool> ends_connection_{false};
  std::atomic<int> changes_{0};
  mutable std::mutex mutex_;
  std::map<std::string, wire::Database> databases_;
  std::map<std::string, wire::Table> tables_;
  std::vector<int64_t> locks_;
  int64_t last_lock_ = 0;
  std::vector<std::shared_ptr<apache::thrift::transport::TSocket>> connections_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace frazil::catalog::hive
