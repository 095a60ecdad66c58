// One connection to a broker. Protocol versions are negotiated and the client is authenticated.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "source/kafka/native/bytes_pool.h"
#include "source/kafka/native/protocol.h"
#include "source/kafka/native/socket.h"

namespace frazil::source::kafka {

// Belongs to one thread. After an error the connection must not be used any more.
class Connection {
 public:
  // Answers are read into blocks of `answers`. kUnsupported: the broker is older than Kafka 2.7. kUnauthorized: SASL
  // failed. Other errors are Socket's.
  static Result<std::unique_ptr<Connection>> Open(const Endpoint& endpoint, const FetchSettings& settings,
                                                  const Interrupt& interrupt, BytesPool answers = {});

  // The negotiated version for requests of this kind.
  int16_t version(Api api) const { return versions_.at(api); }

  // Sends one request and does not wait for the answer. Several requests may be on the way.
  Status Send(Api api, const std::string& body);
  struct Answer {
    std::shared_ptr<const Bytes> owner;
    std::string_view body;  // without the correlation id; begins with the header's tags, if the version has them
    bool is_cut = false;    // the answer exceeds FetchSettings::max_answer_bytes, and `body` is only its beginning
  };
  // Waits for the answer to the oldest request without one. kUnavailable after FetchSettings::request_timeout.
  Result<Answer> Receive();
  // Send and Receive. kUnsupported if the answer is too large to be held.
  Result<Answer> Ask(Api api, const std::string& body) {
    FRAZIL_RETURN_IF_ERROR(Send(api, body));
    auto answer = Receive();
    if (answer && answer->is_cut) return TooLarge();
    return answer;
  }

  // True if the broker will soon demand a new authentication. Open a new connection then.
  bool expires_soon() const { return std::chrono::steady_clock::now() >= expires_; }

 private:
  Connection(Endpoint endpoint, const FetchSettings& settings, std::unique_ptr<Socket> socket, BytesPool answers)
      : endpoint_(std::move(endpoint)), settings_(settings), socket_(std::move(socket)), answers_(std::move(answers)) {}
  tl::unexpected<Error> TooLarge() const;
  // Reads and drops `bytes` bytes.
  Status Drain(size_t bytes, std::chrono::steady_clock::time_point deadline);
  Status AgreeOnVersions();
  Status Authenticate();

  const Endpoint endpoint_;
  const FetchSettings& settings_;
  const std::unique_ptr<Socket> socket_;
  BytesPool answers_;
  std::map<Api, int16_t> versions_;
  int32_t next_id_ = 0;
  std::deque<int32_t> unanswered_;
  std::chrono::steady_clock::time_point expires_ = std::chrono::steady_clock::time_point::max();
};

}  // namespace frazil::source::kafka
