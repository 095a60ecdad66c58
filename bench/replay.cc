// A broker that costs next to nothing: it fetches a topic once from a real one, then answers Fetch requests from
// memory, and hands all else (group membership above all) on to the real one. Nothing may be written to the topic
// meanwhile: the real broker would tell of records that are not here.
//   replay BROKER TOPIC
// Prints one line of JSON when it is ready: where it listens, records and bytes that it holds. Ends by SIGTERM.
//
// One connection to the real broker for each that is made to it, and one request at a time on each, as a broker does.
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <csignal>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <variant>

#include "ceilings/kafka.h"

namespace {

using ceilings::BigEndian;
using ceilings::Die;
using ceilings::Reader;
using ceilings::Writer;

constexpr int16_t kFetch = 1, kFirstVersion = 12, kLastVersion = 17, kWithTopicIds = 13, kWithoutReplicaId = 15;

// A part of the file in memory that holds what was captured: from there the kernel sends without a copy.
struct Share {
  off_t at = 0;
  size_t size = 0;
};

// A partition's record batches, one behind the other.
struct Log {
  int64_t start = 0, end = 0;
  Share whole;
  std::vector<std::pair<int64_t, size_t>> batches;  // offset behind each, where it begins in the whole

  // Batches from that of `offset` on, as many as `most` bytes hold; one at least if `whole_one`.
  Share From(int64_t offset, size_t most, bool whole_one) const {
    const auto first = std::upper_bound(batches.begin(), batches.end(), offset,
                                        [](int64_t at, const auto& batch) { return at < batch.first; });
    if (first == batches.end()) return {};
    const size_t begin = first->second;
    const auto begin_of = [&](auto batch) { return batch == batches.end() ? whole.size : batch->second; };
    auto last = std::upper_bound(first, batches.end(), begin + most,
                                 [](size_t at, const auto& batch) { return at < batch.second; });
    // The one before it begins within the limit but may end beyond.
    if (last != first && begin_of(last) > begin + most) --last;
    if (last == first && whole_one) ++last;
    return {whole.at + static_cast<off_t>(begin), begin_of(last) - begin};
  }
};

// A topic's logs, and the file that holds them.
struct Captured {
  std::map<int32_t, Log> logs;
  int file = -1;
  off_t bytes = 0;
  int64_t records = 0;
};

// Takes the parts, one after the other.
int PutInMemory(std::map<int32_t, std::string> parts) {
  const int file = memfd_create("captured", MFD_CLOEXEC);
  if (file < 0) Die("a file in memory: {}", strerror(errno));
  for (auto& [id, bytes] : parts) {
    for (size_t written = 0; written < bytes.size();) {
      const ssize_t more = write(file, bytes.data() + written, bytes.size() - written);
      if (more <= 0) Die("a file in memory: {}", strerror(errno));
      written += static_cast<size_t>(more);
    }
    bytes = std::string();
  }
  return file;
}

Captured Capture(const std::string& broker, const std::string& name) {
  constexpr int32_t kAnswerBytes = 8 << 20;
  constexpr size_t kHeader = 61;
  ceilings::Topic topic(broker, name);
  Captured captured;
  std::map<int32_t, std::string> parts;
  for (const auto& partition : topic.partitions()) {
    captured.logs[partition.id].start = partition.next;
    captured.logs[partition.id].end = partition.end;
  }
  while (topic.Fetch(kAnswerBytes, [&](int32_t id, int64_t from, std::string_view share) {
    Log& log = captured.logs[id];
    std::string& bytes = parts[id];
    while (share.size() >= kHeader) {
      const size_t size = 12 + static_cast<size_t>(BigEndian<int32_t>(share.data() + 8));
      if (size > share.size()) break;
      from = BigEndian<int64_t>(share.data()) + BigEndian<int32_t>(share.data() + 23) + 1;
      log.batches.emplace_back(from, bytes.size());
      bytes += share.substr(0, size);
      captured.records += BigEndian<int32_t>(share.data() + 57);
      share.remove_prefix(size);
    }
    return from;
  })) {
  }
  for (const auto& [id, bytes] : parts) {
    captured.logs[id].whole = {captured.bytes, bytes.size()};
    captured.bytes += static_cast<off_t>(bytes.size());
  }
  captured.file = PutInMemory(std::move(parts));
  return captured;
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

// False if the client is gone. `more`: what follows is to go out together with it.
bool SendAll(int socket, std::string_view bytes, bool more = false) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// An answer in pieces: what is written for it, and captured bytes between.
class Pieces {
 public:
  Writer& writer() { return written_; }
  void Add(Share captured) {
    EndWritten();
    pieces_.emplace_back(captured);
  }
  // With its size before it. `file` holds what was captured.
  bool Send(int socket, int file) {
    EndWritten();
    size_t size = 0;
    for (const auto& piece : pieces_) size += std::visit([](const auto& one) { return SizeOf(one); }, piece);
    pieces_.emplace_front(Writer().Put(static_cast<int32_t>(size)).bytes());
    return std::all_of(pieces_.begin(), pieces_.end(), [&](const auto& piece) {
      const bool more = &piece != &pieces_.back();
      const auto* share = std::get_if<Share>(&piece);
      return share != nullptr ? SendShare(socket, file, *share) : SendAll(socket, std::get<std::string>(piece), more);
    });
  }

 private:
  static size_t SizeOf(const std::string& text) { return text.size(); }
  static size_t SizeOf(const Share& share) { return share.size; }
  static bool SendShare(int socket, int file, Share share) {
    while (share.size > 0) {
      const ssize_t sent = sendfile(socket, file, &share.at, share.size);
      if (sent <= 0) return false;
      share.size -= static_cast<size_t>(sent);
    }
    return true;
  }
  void EndWritten() {
    pieces_.emplace_back(written_.bytes());
    written_ = Writer();
  }
  Writer written_;
  std::deque<std::variant<std::string, Share>> pieces_;
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
  bool Send(int socket, int file) { return pieces_.Send(socket, file); }

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
    const Share share =
        log.From(offset, static_cast<size_t>(std::max<int64_t>(0, std::min<int64_t>(most, room_))), bytes_ == 0);
    Writer& out = pieces_.writer();
    out.Put(id).Put(int16_t{0}).Put(log.end).Put(log.end).Put(log.start);
    PutUnsigned(out, 1);   // no aborted transactions
    out.Put(int32_t{-1});  // no replica to read from instead
    PutUnsigned(out, share.size + 1);
    if (share.size > 0) pieces_.Add(share);
    pieces_.writer().Put(int8_t{0});
    bytes_ += share.size;
    room_ -= static_cast<int64_t>(share.size);
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
  return SendAll(socket, Writer().Put(static_cast<int32_t>(message.size())).bytes() + message);
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

void Serve(int client, const Captured& captured, const Address& real, uint16_t ours) {
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
      good = FetchAnswer(captured.logs, version, id, reader).Send(client, captured.file);
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
  std::signal(SIGPIPE, SIG_IGN);  // sendfile has no MSG_NOSIGNAL
  const std::string broker = arguments[1];
  const size_t colon = broker.rfind(':');
  if (colon == std::string::npos) Die("the broker is given as 127.0.0.1:PORT, not {}", broker);
  const Address real{broker.substr(0, colon), static_cast<uint16_t>(std::atoi(broker.c_str() + colon + 1))};
  const Captured captured = Capture(broker, arguments[2]);

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
             real.host, ours, captured.records, captured.bytes, captured.logs.size());
  std::fflush(stdout);
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) Die("accepting: {}", strerror(errno));
    std::thread(Serve, client, std::cref(captured), std::cref(real), ours).detach();
  }
}
