// Kafka's protocol with nothing between: one connection, one request under way, one buffer for all answers, record
// batches walked where they lie. For one broker that leads every partition.
#pragma once

#include <arpa/inet.h>
#include <lz4frame.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "crc32c.h"
#include "measure.h"

namespace ceilings {

constexpr size_t kSpareBytes = 64;  // readable behind whatever a parser of vectors is given

template <std::integral Int>
Int BigEndian(const char* at) {
  std::array<char, sizeof(Int)> bytes;
  std::memcpy(bytes.data(), at, sizeof(Int));
  std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Int>(bytes);
}

class Writer {
 public:
  template <std::integral Int>
  Writer& Put(Int value) {
    for (int shift = 8 * (static_cast<int>(sizeof(Int)) - 1); shift >= 0; shift -= 8) {
      bytes_ += static_cast<char>(static_cast<uint64_t>(value) >> shift);
    }
    return *this;
  }
  Writer& Put(std::string_view text) {
    Put(static_cast<int16_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <std::integral Int>
  Int Get() {
    return BigEndian<Int>(Bytes(sizeof(Int)).data());
  }
  std::string_view Bytes(int64_t size) {  // -1 is null
    if (size > static_cast<int64_t>(rest_.size())) Die("an answer of the broker is cut short");
    const std::string_view taken = rest_.substr(0, static_cast<size_t>(std::max<int64_t>(0, size)));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view Text() { return Bytes(Get<int16_t>()); }

 private:
  std::string_view rest_;
};

class Connection {
 public:
  explicit Connection(const std::string& broker) : broker_(broker) {
    const size_t colon = broker.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(broker.c_str() + std::min(colon, broker.size() - 1) + 1)));
    if (inet_pton(AF_INET, broker.substr(0, colon).c_str(), &address.sin_addr) != 1) {
      Die("the broker is given as IPV4-ADDRESS:PORT, not {}", broker);
    }
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Lost();
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer, without its correlation id; good until the next question.
  std::string_view Ask(int16_t api, int16_t version, const std::string& body) {
    Writer header;
    header.Put(api).Put(version).Put(int32_t{0}).Put(std::string_view("frazil-ceilings"));
    const std::string request =
        Writer().Put(static_cast<int32_t>(header.bytes().size() + body.size())).bytes() + header.bytes() + body;
    if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) Lost();
    char size[4];
    Fill(size, sizeof size);
    const auto count = static_cast<size_t>(BigEndian<int32_t>(size));
    if (answer_.size() < count + kSpareBytes) answer_.resize(count + kSpareBytes);
    Fill(answer_.data(), count);
    return std::string_view(answer_.data(), count).substr(4);
  }

 private:
  void Fill(char* to, size_t size) {
    while (size > 0) {
      const ssize_t got = recv(socket_, to, size, MSG_WAITALL);
      if (got <= 0) Lost();
      to += got;
      size -= static_cast<size_t>(got);
    }
  }
  [[noreturn]] void Lost() const { Die("broker {}: {}", broker_, errno != 0 ? strerror(errno) : "closed"); }

  const std::string broker_;
  int socket_ = -1;
  std::vector<char> answer_;
};

inline const char* Varint(const char* at, int64_t& value) {
  auto raw = static_cast<uint64_t>(static_cast<uint8_t>(*at) & 0x7f);
  for (int shift = 7; static_cast<uint8_t>(*at++) >= 0x80; shift += 7) {
    raw |= static_cast<uint64_t>(static_cast<uint8_t>(*at) & 0x7f) << shift;
  }
  value = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  return at;
}

// Unpacks into one buffer, again and again.
class Lz4 {
 public:
  Lz4() { LZ4F_createDecompressionContext(&context_, LZ4F_VERSION); }
  ~Lz4() { LZ4F_freeDecompressionContext(context_); }
  Lz4(const Lz4&) = delete;
  Lz4& operator=(const Lz4&) = delete;

  std::string_view Unpack(std::string_view packed) {
    size_t size = 0;
    for (size_t hint = 1; hint != 0;) {
      if (bytes_.size() < size + kRoom) bytes_.resize(2 * bytes_.size() + kRoom);
      size_t wrote = bytes_.size() - kSpareBytes - size, read = packed.size();
      hint = LZ4F_decompress(context_, bytes_.data() + size, &wrote, packed.data(), &read, nullptr);
      if (LZ4F_isError(hint) != 0) Die("lz4: {}", LZ4F_getErrorName(hint));
      if (hint != 0 && wrote == 0 && read == 0) Die("lz4: cut short");
      packed.remove_prefix(read);
      size += wrote;
    }
    return {bytes_.data(), size};
  }

 private:
  static constexpr size_t kRoom = 256 << 10;
  LZ4F_dctx* context_ = nullptr;
  std::vector<char> bytes_;
};

// Walks record batches of format v2 (kafka.apache.org/documentation, "Record Batch"), each of which is whole.
class BatchWalker {
 public:
  // Calls visit(value) for each record, a view; returns the offset behind the last batch, or `from`.
  template <class Visit>
  int64_t Walk(std::string_view bytes, int64_t from, Visit visit) {
    constexpr size_t kHeader = 61, kLengthEnd = 12, kCrcAt = 17, kCrcEnd = 21;
    while (bytes.size() >= kHeader) {
      const char* const at = bytes.data();
      const size_t size = kLengthEnd + static_cast<size_t>(BigEndian<int32_t>(at + 8));
      if (size > bytes.size()) break;
      if (at[16] != 2) Die("record batches have format {}, not 2", static_cast<int>(at[16]));
      if (Crc32c(bytes.substr(kCrcEnd, size - kCrcEnd)) != BigEndian<uint32_t>(at + kCrcAt)) Die("a checksum is wrong");
      const auto attributes = BigEndian<int16_t>(at + 21);
      codec_ = attributes & 7;
      if ((attributes & 0x20) == 0) WalkRecords(Unpacked(bytes.substr(kHeader, size - kHeader)), at, visit);
      from = BigEndian<int64_t>(at) + BigEndian<int32_t>(at + 23) + 1;
      bytes.remove_prefix(size);
    }
    return from;
  }
  const char* codec() const { return codec_ == kLz4 ? "lz4" : "none"; }  // of the last batch

 private:
  static constexpr int kLz4 = 3;

  std::string_view Unpacked(std::string_view records) {
    if (codec_ != 0 && codec_ != kLz4) Die("the topic is packed by codec {}; only none and lz4 (3) are known", codec_);
    return codec_ == kLz4 ? lz4_.Unpack(records) : records;
  }

  template <class Visit>
  static void WalkRecords(std::string_view records, const char* header, Visit visit) {
    const char* at = records.data();
    for (auto left = BigEndian<int32_t>(header + 57); left > 0; --left) {
      int64_t size = 0, delta = 0, key = 0, value = 0;
      at = Varint(at, size);
      const char* const end = at + size;
      at = Varint(at + 1, delta);  // of the time, behind the attributes
      at = Varint(at, delta);      // of the offset
      at = Varint(at, key);
      at = Varint(at + std::max<int64_t>(0, key), value);
      visit(std::string_view(at, static_cast<size_t>(std::max<int64_t>(0, value))));
      at = end;
    }
    if (at != records.data() + records.size()) Die("the records of a batch break the format");
  }

  int codec_ = 0;
  Lz4 lz4_;
};

// A whole topic, from the start of each partition to where it ended when this was made.
class Topic {
 public:
  struct Partition {
    int32_t id;
    int64_t next, end;
  };

  Topic(const std::string& broker, std::string name) : connection_(broker), name_(std::move(name)) {
    Reader answer(connection_.Ask(kMetadata, 1, Writer().Put(int32_t{1}).Put(name_view()).bytes()));
    for (auto left = answer.Get<int32_t>(); left > 0; --left) {  // brokers
      answer.Get<int32_t>(), answer.Text(), answer.Get<int32_t>(), answer.Text();
    }
    answer.Get<int32_t>(), answer.Get<int32_t>();  // controller, one topic
    Check(answer.Get<int16_t>());
    answer.Text(), answer.Get<int8_t>();
    for (auto left = answer.Get<int32_t>(); left > 0; --left) {
      Check(answer.Get<int16_t>());
      partitions_.push_back({answer.Get<int32_t>(), 0, 0});
      answer.Get<int32_t>();  // leader
      for (int list = 0; list < 2; ++list) answer.Bytes(4 * answer.Get<int32_t>());
    }
    for (auto& partition : partitions_) {
      partition.next = ListOffset(partition.id, -2);
      partition.end = ListOffset(partition.id, -1);
    }
  }

  const std::vector<Partition>& partitions() const { return partitions_; }

  // Asks for all partitions that are not read to their ends, the one that was first last; calls
  // take(partition id, its next offset, bytes) for each share, which returns the offset to go on from. False at the
  // end.
  template <class Take>
  bool Fetch(int32_t answer_bytes, Take take) {
    constexpr int32_t kWaitMillis = 100;
    std::vector<Partition*> open;
    for (auto& partition : partitions_) {
      if (partition.next < partition.end) open.push_back(&partition);
    }
    if (open.empty()) return false;
    std::rotate(open.begin(), open.begin() + static_cast<ptrdiff_t>(turn_++ % open.size()), open.end());
    Writer request;
    request.Put(int32_t{-1}).Put(kWaitMillis).Put(int32_t{1}).Put(answer_bytes).Put(int8_t{0});
    request.Put(int32_t{1}).Put(name_view()).Put(static_cast<int32_t>(open.size()));
    for (const auto* one : open) request.Put(one->id).Put(one->next).Put(answer_bytes);
    Reader answer(connection_.Ask(kFetch, 4, request.bytes()));
    answer.Get<int32_t>(), answer.Get<int32_t>(), answer.Text();  // throttled for, one topic
    auto left = answer.Get<int32_t>();
    for (size_t i = 0; left > 0; --left, ++i) {
      const auto id = answer.Get<int32_t>();
      Check(answer.Get<int16_t>());
      answer.Bytes(16);                                                // high watermark, last stable offset
      answer.Bytes(16 * std::max<int64_t>(0, answer.Get<int32_t>()));  // aborted transactions
      const std::string_view bytes = answer.Bytes(answer.Get<int32_t>());
      const auto one = std::find_if(open.begin(), open.end(), [&](const auto* each) { return each->id == id; });
      if (one == open.end()) Die("the broker answers for partition {}, which was not asked for", id);
      (*one)->next = take(id, (*one)->next, bytes);
    }
    return true;
  }

 private:
  static constexpr int16_t kFetch = 1, kListOffsets = 2, kMetadata = 3;

  std::string_view name_view() const { return name_; }

  int64_t ListOffset(int32_t partition, int64_t which) {
    Writer request;
    request.Put(int32_t{-1}).Put(int32_t{1}).Put(name_view()).Put(int32_t{1}).Put(partition).Put(which);
    Reader answer(connection_.Ask(kListOffsets, 1, request.bytes()));
    answer.Get<int32_t>(), answer.Text(), answer.Get<int32_t>(), answer.Get<int32_t>();
    Check(answer.Get<int16_t>());
    answer.Get<int64_t>();
    return answer.Get<int64_t>();
  }
  void Check(int16_t error) const {
    if (error != 0) Die("topic {}: the broker answers with error {}", name_, error);
  }

  Connection connection_;
  const std::string name_;
  std::vector<Partition> partitions_;
  size_t turn_ = 0;
};

}  // namespace ceilings
