// A broker that costs next to nothing: it fetches a topic once from a real one, then answers Fetch requests from
// memory, and hands all else (group membership above all) on to the real one. Nothing may be written to the topic
// meanwhile: the real broker would tell of records that are not here.
//   replay BROKER TOPIC
// Prints one line of JSON when it is ready: where it listens, records and bytes that it holds. Ends by SIGTERM.
//
// One connection to the real broker for each that is made to it, and one request at a time on each, as a broker does.
#include <sys/uio.h>

#include <climits>
#include <csignal>
#include <deque>
#include <map>
#include <optional>
#include <thread>

#include "ceilings/kafka.h"

namespace {

using ceilings::BigEndian;
using ceilings::Die;
using ceilings::Reader;
using ceilings::Writer;

constexpr int16_t kFetch = 1, kFirstVersion = 12, kLastVersion = 17, kWithTopicIds = 13, kWithoutReplicaId = 15;

// A partition's record batches, one behind the other.
struct Log {
  int64_t start = 0, end = 0;
  std::string bytes;
  std::vector<std::pair<int64_t, size_t>> batches;  // offset behind each, where it begins

  // Batches from that of `offset` on, as many as `most` bytes hold; one at least if `whole`.
  std::string_view From(int64_t offset, size_t most, bool whole) const {
    const auto first = std::upper_bound(batches.begin(), batches.end(), offset,
                                        [](int64_t at, const auto& batch) { return at < batch.first; });
    if (first == batches.end()) return {};
    const size_t begin = first->second;
    const auto begin_of = [&](auto batch) { return batch == batches.end() ? bytes.size() : batch->second; };
    auto last = std::upper_bound(first, batches.end(), begin + most,
                                 [](size_t at, const auto& batch) { return at < batch.second; });
    // The one before it begins within the limit but may end beyond.
    if (last != first && begin_of(last) > begin + most) --last;
    if (last == first && whole) ++last;
    return std::string_view(bytes).substr(begin, begin_of(last) - begin);
  }
};

std::map<int32_t, Log> Capture(const std::string& broker, const std::string& name, int64_t& records) {
  constexpr int32_t kAnswerBytes = 8 << 20;
  constexpr size_t kHeader = 61;
  ceilings::Topic topic(broker, name);
  std::map<int32_t, Log> logs;
  for (const auto& partition : topic.partitions()) {
    logs[partition.id].start = partition.next;
    logs[partition.id].end = partition.end;
  }
  while (topic.Fetch(kAnswerBytes, [&](int32_t id, int64_t from, std::string_view share) {
    Log& log = logs[id];
    while (share.size() >= kHeader) {
      const size_t size = 12 + static_cast<size_t>(BigEndian<int32_t>(share.data() + 8));
      if (size > share.size()) break;
      from = BigEndian<int64_t>(share.data()) + BigEndian<int32_t>(share.data() + 23) + 1;
      log.batches.emplace_back(from, log.bytes.size());
      log.bytes += share.substr(0, size);
      records += BigEndian<int32_t>(share.data() + 57);
      share.remove_prefix(size);
    }
    return from;
  })) {
  }
  return logs;
}

// --- Kafka's flexible versions --------------------------------------------------------------------------------------

uint32_t Unsigned(Reader& reader) {
  uint32_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(reader.Get<int8_t>());
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
void SkipTags(Reader& reader) {
  for (uint32_t left = Unsigned(reader); left > 0; --left) Unsigned(reader), reader.Bytes(Unsigned(reader));
}
void PutUnsigned(Writer& writer, uint64_t value) {
  for (; value >= 0x80; value >>= 7) writer.Put(static_cast<int8_t>(value | 0x80));
  writer.Put(static_cast<int8_t>(value));
}

// An answer in pieces: what is written for it, and captured bytes between.
class Pieces {
 public:
  Writer& writer() { return written_; }
  void Add(std::string_view captured) {
    EndWritten();
    pieces_.push_back(captured);
  }
  // With its size before it.
  bool Send(int socket) {
    EndWritten();
    size_t size = 0;
    for (const auto piece : pieces_) size += piece.size();
    const std::string front = Writer().Put(static_cast<int32_t>(size)).bytes();
    std::vector<iovec> vectors{{const_cast<char*>(front.data()), front.size()}};
    for (const auto piece : pieces_) vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
    for (auto next = vectors.begin(); next != vectors.end();) {
      msghdr message{};
      message.msg_iov = &*next;
      message.msg_iovlen = std::min<size_t>(IOV_MAX, static_cast<size_t>(vectors.end() - next));
      const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      auto left = static_cast<size_t>(sent);
      for (; next != vectors.end() && left >= next->iov_len; ++next) left -= next->iov_len;
      if (next == vectors.end()) break;
      next->iov_base = static_cast<char*>(next->iov_base) + left;
      next->iov_len -= left;
    }
    return true;
  }

 private:
  void EndWritten() {
    texts_.push_back(written_.bytes());
    pieces_.emplace_back(texts_.back());
    written_ = Writer();
  }
  Writer written_;
  std::deque<std::string> texts_;
  std::vector<std::string_view> pieces_;
};

// Fetch of versions 12 to 17, of one topic. Answers at once if there is something, else when the client's time is over.
class FetchAnswer {
 public:
  FetchAnswer(const std::map<int32_t, Log>& logs, int16_t version, int32_t id, Reader request) {
    Writer& out = pieces_.writer();
    out.Put(id).Put(int8_t{0});
    if (version < kWithoutReplicaId) request.Get<int32_t>();
    const auto wait = std::chrono::milliseconds(request.Get<int32_t>());
    request.Get<int32_t>();  // at least so many bytes: one is all that is asked for here
    room_ = request.Get<int32_t>();
    request.Get<int8_t>(), request.Get<int32_t>(), request.Get<int32_t>();  // isolation, session
    out.Put(int32_t{0}).Put(int16_t{0}).Put(int32_t{0});
    const uint32_t topics = Unsigned(request);
    PutUnsigned(out, topics);
    for (uint32_t left = topics; left > 1; --left) Topic(logs, version, request);
    pieces_.writer().Put(int8_t{0});
    if (topics > 1 && bytes_ == 0) std::this_thread::sleep_for(wait);
  }
  bool Send(int socket) { return pieces_.Send(socket); }

 private:
  void Topic(const std::map<int32_t, Log>& logs, int16_t version, Reader& request) {
    const std::string_view topic = request.Bytes(version >= kWithTopicIds ? 16 : Unsigned(request) - 1);
    if (version < kWithTopicIds) PutUnsigned(pieces_.writer(), topic.size() + 1);
    for (const char each : topic) pieces_.writer().Put(static_cast<int8_t>(each));
    const uint32_t partitions = Unsigned(request);
    PutUnsigned(pieces_.writer(), partitions);
    for (uint32_t left = partitions; left > 1; --left) Partition(logs, request);
    SkipTags(request);
    pieces_.writer().Put(int8_t{0});
  }

  void Partition(const std::map<int32_t, Log>& logs, Reader& request) {
    const auto id = request.Get<int32_t>();
    request.Get<int32_t>();  // leader epoch
    const auto offset = request.Get<int64_t>();
    request.Get<int32_t>(), request.Get<int64_t>();  // last epoch, log start
    const auto most = request.Get<int32_t>();
    SkipTags(request);
    const auto found = logs.find(id);
    if (found == logs.end()) Die("partition {} was not captured", id);
    const Log& log = found->second;
    const std::string_view share =
        log.From(offset, static_cast<size_t>(std::max<int64_t>(0, std::min<int64_t>(most, room_))), bytes_ == 0);
    Writer& out = pieces_.writer();
    out.Put(id).Put(int16_t{0}).Put(log.end).Put(log.end).Put(log.start);
    PutUnsigned(out, 1);   // no aborted transactions
    out.Put(int32_t{-1});  // no replica to read from instead
    PutUnsigned(out, share.size() + 1);
    if (!share.empty()) pieces_.Add(share);
    pieces_.writer().Put(int8_t{0});
    bytes_ += share.size();
    room_ -= static_cast<int64_t>(share.size());
  }

  Pieces pieces_;
  int64_t room_ = 0;
  size_t bytes_ = 0;
};

// --- Connections ----------------------------------------------------------------------------------------------------

struct Address {
  std::string host;
  uint16_t port;
};

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool ReadAll(int socket, char* to, size_t size) {
  return size == 0 || recv(socket, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}
// A message without its size; nullopt at the end of the connection.
std::optional<std::string> ReadMessage(int socket) {
  char size[4];
  if (!ReadAll(socket, size, sizeof size)) return std::nullopt;
  std::string message(static_cast<size_t>(BigEndian<int32_t>(size)), '\0');
  if (!ReadAll(socket, message.data(), message.size())) return std::nullopt;
  return message;
}
bool SendMessage(int socket, const std::string& message) {
  const std::string whole = Writer().Put(static_cast<int32_t>(message.size())).bytes() + message;
  for (size_t sent = 0; sent < whole.size();) {
    const ssize_t more = send(socket, whole.data() + sent, whole.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += static_cast<size_t>(more);
  }
  return true;
}

// The real broker's address, wherever an answer names it, becomes ours: host, then the port in four bytes, in every
// version of Metadata, FindCoordinator and DescribeCluster.
void NameUsInstead(std::string& answer, const Address& real, uint16_t ours) {
  const std::string theirs = real.host + Writer().Put(static_cast<int32_t>(real.port)).bytes();
  const std::string mine = real.host + Writer().Put(static_cast<int32_t>(ours)).bytes();
  for (size_t at = answer.find(theirs); at != std::string::npos; at = answer.find(theirs, at)) {
    answer.replace(at, theirs.size(), mine);
  }
}

void Serve(int client, const std::map<int32_t, Log>& logs, const Address& real, uint16_t ours) {
  const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  for (const int socket : {client, upstream}) setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = Loopback(real.port);
  bool good = connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  while (good) {
    const auto request = ReadMessage(client);
    if (!request) break;
    Reader reader(*request);
    const auto api = reader.Get<int16_t>();
    const auto version = reader.Get<int16_t>();
    const auto id = reader.Get<int32_t>();
    if (api == kFetch) {
      if (version < kFirstVersion || version > kLastVersion) Die("Fetch of version {} is not spoken here", version);
      reader.Text();  // client id
      SkipTags(reader);
      good = FetchAnswer(logs, version, id, reader).Send(client);
      continue;
    }
    auto answer = SendMessage(upstream, *request) ? ReadMessage(upstream) : std::nullopt;
    if (answer) NameUsInstead(*answer, real, ours);
    good = answer && SendMessage(client, *answer);
  }
  close(client);
  close(upstream);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) Die("usage: {} 127.0.0.1:PORT TOPIC", arguments[0]);
  std::signal(SIGTERM, [](int) { _exit(0); });
  const std::string broker = arguments[1];
  const size_t colon = broker.rfind(':');
  if (colon == std::string::npos) Die("the broker is given as 127.0.0.1:PORT, not {}", broker);
  const Address real{broker.substr(0, colon), static_cast<uint16_t>(std::atoi(broker.c_str() + colon + 1))};
  int64_t records = 0;
  const auto logs = Capture(broker, arguments[2], records);
  size_t bytes = 0;
  for (const auto& [id, log] : logs) bytes += log.bytes.size();

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener, SOMAXCONN) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("listening: {}", strerror(errno));
  }
  const uint16_t ours = ntohs(address.sin_port);
  fmt::print(R"({{"name":"replay","brokers":"{}:{}","records":{},"bytes":{},"partitions":{}}})"
             "\n",
             real.host, ours, records, bytes, logs.size());
  std::fflush(stdout);
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) Die("accepting: {}", strerror(errno));
    std::thread(Serve, client, std::cref(logs), std::cref(real), ours).detach();
  }
}
