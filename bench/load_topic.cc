// Fills a topic for the benchmark: load_topic BROKERS TOPIC KIND COUNT CODEC [PARTITION]
// Without PARTITION the records go to all of them in turn. Record `i` of a kind is always the same; its key column (see
// loads.py) is different from every other's, which is how the tables are checked. Prints what it wrote as JSON.
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "source/kafka/producer.h"
#include "source/kafka/sample_data.h"

namespace frazil {
namespace {

constexpr std::array<std::string_view, 8> kKinds = {"view",  "click", "search", "cart",
                                                    "order", "login", "logout", "share"};
constexpr std::array<std::string_view, 8> kCountries = {"NO", "PT", "KE", "PE", "JP", "EC", "US", "GH"};
constexpr std::array<std::string_view, 8> kCities = {"Oslo",  "Lisbon", "Nairobi", "Lima",
                                                     "Osaka", "Quito",  "Denver",  "Accra"};
constexpr std::array<std::string_view, 4> kMethods = {"GET", "PUT", "POST", "DELETE"};
constexpr std::array<std::string_view, 4> kBrowsers = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Safari/605.1.15"};
constexpr std::string_view kDay = "2026-01-08T";
constexpr int64_t kMillisPerDay = 86'400'000;

// SplitMix64: each call gives the next well mixed word.
class Random {
 public:
  explicit Random(int64_t seed) : state_(static_cast<uint64_t>(seed) * 0x2545f4914f6cdd1d) {}
  uint64_t Next() {
    uint64_t word = state_ += 0x9e3779b97f4a7c15;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
  }
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  template <size_t N>
  std::string_view Of(const std::array<std::string_view, N>& words) {
    return words[Next() % N];
  }

 private:
  uint64_t state_;
};

// One JSON object, its text appended in place: millions are made, so nothing is formatted through a format string.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  void Text(std::string_view name, std::string_view value) {
    Name(name) += '"';
    out_.append(value) += '"';
  }
  void Text(std::string_view name, std::string_view prefix, uint64_t number, int digits) {
    Name(name) += '"';
    out_ += prefix;
    Digits(number, digits);
    out_ += '"';
  }
  void Hex(std::string_view name, uint64_t value) {
    Name(name) += '"';
    for (int shift = 60; shift >= 0; shift -= 4) out_ += "0123456789abcdef"[value >> shift & 15];
    out_ += '"';
  }
  void Integer(std::string_view name, int64_t value) {
    Name(name);
    std::array<char, 20> digits;
    out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }
  // value/1000, with three decimals.
  void Thousandths(std::string_view name, uint64_t value) {
    Integer(name, static_cast<int64_t>(value / 1000));
    out_ += '.';
    Digits(value % 1000, 3);
  }
  void Bool(std::string_view name, bool value) { Name(name) += value ? "true" : "false"; }
  // A time of one day.
  void Time(std::string_view name, int64_t millis) {
    auto rest = static_cast<uint64_t>(millis % kMillisPerDay);
    Name(name) += '"';
    out_ += kDay;
    Digits(rest / 3'600'000, 2);
    out_ += ':';
    Digits(rest / 60'000 % 60, 2);
    out_ += ':';
    Digits(rest / 1000 % 60, 2);
    out_ += '.';
    Digits(rest % 1000, 3);
    out_ += '"';
  }
  JsonObject Object(std::string_view name) { return JsonObject(Name(name)); }
  // The caller writes the value.
  std::string& Name(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_.append(name) += "\":";
    return out_;
  }
  void End() { out_ += '}'; }

 private:
  void Digits(uint64_t value, int width) {
    std::array<char, 20> digits;
    for (int i = width - 1; i >= 0; --i, value /= 10)
      digits[static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
    out_.append(digits.data(), static_cast<size_t>(width));
  }

  std::string& out_;
  bool first_ = true;
};

// What people do in a shop.
void AppendEvent(int64_t index, std::string& out) {
  Random random(index);
  JsonObject event(out);
  event.Integer("id", index);
  event.Text("user", "user-", random.Below(100'000), 6);
  event.Text("kind", random.Of(kKinds));
  event.Time("at", index * 5);
  event.Text("country", random.Of(kCountries));
  event.Thousandths("amount", random.Below(500'000));
  event.Bool("mobile", random.Below(2) == 1);
  event.Integer("millis", static_cast<int64_t>(random.Below(5000)));
  event.End();
}

// A line of a web server's log.
void AppendRequest(int64_t index, std::string& out) {
  Random random(index);
  JsonObject request(out);
  request.Integer("id", index);
  request.Time("at", index * 20);
  request.Text("host", "web-", random.Below(40), 3);
  request.Text("service", random.Of(kKinds));
  request.Text("method", random.Of(kMethods));
  request.Text("path", "/shop/articles/", random.Below(20'000), 6);
  request.Text("query", "session=4711&page=", random.Below(100), 2);
  request.Integer("status", random.Below(20) == 0 ? 404 : 200);
  request.Integer("bytes_in", static_cast<int64_t>(random.Below(4000)));
  request.Integer("bytes_out", static_cast<int64_t>(random.Below(4'000'000)));
  request.Thousandths("duration", random.Below(2'000'000));
  request.Thousandths("upstream_duration", random.Below(1'000'000));
  request.Bool("cached", random.Below(3) == 0);
  request.Bool("secure", random.Below(10) != 0);
  request.Text("protocol", "HTTP/2.0");
  request.Hex("trace", random.Next());
  request.Hex("span", random.Next());
  request.Text("referrer", "https://shop.example.com/catalogue/page/", random.Below(1000), 4);
  request.Text("agent", random.Of(kBrowsers));
  request.Text("language", "en-GB,en;q=0.9");
  auto client = request.Object("client");
  client.Text("address", "2001:db8::", random.Below(10'000), 4);
  client.Integer("port", static_cast<int64_t>(1024 + random.Below(60'000)));
  client.Text("country", random.Of(kCountries));
  client.Text("city", random.Of(kCities));
  client.Thousandths("latitude", random.Below(90'000));
  client.Thousandths("longitude", random.Below(180'000));
  client.Integer("network", static_cast<int64_t>(random.Below(65'000)));
  client.End();
  auto user = request.Object("user");
  user.Integer("number", static_cast<int64_t>(random.Below(1'000'000)));
  user.Text("name", "user-", random.Below(100'000), 6);
  user.Text("plan", random.Of(kKinds));
  user.Time("since", static_cast<int64_t>(random.Below(kMillisPerDay)));
  user.Bool("verified", random.Below(2) == 1);
  user.End();
  auto device = request.Object("device");
  device.Text("model", "model-", random.Below(500), 3);
  auto system = device.Object("system");
  system.Text("name", random.Of(kCities));
  system.Text("version", "17.", random.Below(50), 2);
  system.End();
  device.Integer("width", static_cast<int64_t>(320 + random.Below(3000)));
  device.Integer("height", static_cast<int64_t>(320 + random.Below(2000)));
  device.Bool("touch", random.Below(2) == 1);
  device.End();
  request.Name("experiments") += R"(["checkout-v2","search-ranking-7"])";
  request.Name("timings") += R"([0.25,1.5,12.75,3.125])";
  request.End();
}

Result<std::function<void(int64_t, std::string&)>> Generator(std::string_view kind) {
  using source::kafka::SampleData;
  using source::kafka::SampleKind;
  if (kind == "events") return AppendEvent;
  if (kind == "wide") return AppendRequest;
  if (kind == "sensor") {
    return [data = SampleData(SampleKind::kSensor, 1)](int64_t index, std::string& out) { data.Append(index, out); };
  }
  return Fail(ErrorKind::kInvalidArgument, "no load named {}: sensor, events or wide", kind);
}

Status Load(const std::string& brokers, const std::string& topic, std::string_view kind, int64_t count,
            const std::string& codec, int32_t partition) {
  FRAZIL_ASSIGN_OR_RETURN(const auto append, Generator(kind));
  FRAZIL_ASSIGN_OR_RETURN(const auto producer,
                          source::kafka::OpenProducer(brokers, {{"compression.type", codec}, {"linger.ms", "50"}}));
  std::string record;
  size_t bytes = 0;
  for (int64_t i = 0; i < count; ++i) {
    record.clear();
    append(i, record);
    bytes += record.size();
    FRAZIL_RETURN_IF_ERROR(producer->Send(topic, {.value = record, .partition = partition}));
  }
  FRAZIL_RETURN_IF_ERROR(producer->Flush());
  fmt::print("{{\"records\": {}, \"bytes\": {}}}\n", count, bytes);
  return {};
}

}  // namespace
}  // namespace frazil

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    fmt::print(stderr, "usage: load_topic BROKERS TOPIC sensor|events|wide COUNT none|lz4|... [PARTITION]\n");
    return 2;
  }
  const int32_t partition = argc == 7 ? std::stoi(argv[6]) : -1;
  const auto loaded = frazil::Load(argv[1], argv[2], argv[3], std::stoll(argv[4]), argv[5], partition);
  if (loaded) return 0;
  fmt::print(stderr, "load_topic: {}\n", loaded.error().message);
  return 1;
}
