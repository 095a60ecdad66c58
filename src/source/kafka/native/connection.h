// One connection to a broker, ready to be asked: versions agreed on, authenticated.
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

// Belongs to one thread. After an error it is of no more use.
class Connection {
 public:
  // Answers come in blocks of `answers`. kUnsupported: the broker is too old for the native path. Else as Socket says,
  // and kUnauthorized for SASL.
  static Result<std::unique_ptr<Connection>> Open(const Endpoint& endpoint, const FetchSettings& settings,
                                                  const Interrupt& interrupt, BytesPool answers = {});

  // The version that requests of this kind are sent in.
  int16_t version(Api api) const { return versions_.at(api); }

  Status Send(Api api, const std::string& body);
  struct Answer {
    std::shared_ptr<const Bytes> owner;
    std::string_view body;  // without the correlation id; with the header's tags where the version has them
    bool is_cut = false;    // larger than FetchSettings::max_answer_bytes: the body is its front
  };
  // Of the oldest request that has none yet.
  Result<Answer> Receive();
  Result<Answer> Ask(Api api, const std::string& body) {
    FRAZIL_RETURN_IF_ERROR(Send(api, body));
    auto answer = Receive();
    if (answer && answer->is_cut) return TooLarge();
    return answer;
  }

  // True when the broker will soon want us to authenticate again: a new connection does.
  bool expires_soon() const { return std::chrono::steady_clock::now() >= expires_; }

 private:
  Connection(Endpoint endpoint, const FetchSettings& settings, std::unique_ptr<Socket> socket, BytesPool answers)
      : endpoint_(std::move(endpoint)), settings_(settings), socket_(std::move(socket)), answers_(std::move(answers)) {}
  tl::unexpected<Error> TooLarge() const;
  // Reads on and forgets it.
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
