// What a broker says while we prove who we are: a line a message. A password that is in use is never sent, nor told in
// an error.
#include <string>
#include <string_view>

#include "fuzz.h"
#include "source/kafka/native/sasl.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace frazil::source::kafka;
  using Mechanism = SaslSettings::Mechanism;
  constexpr std::string_view kPassword = "pencil-of-the-user";
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  SaslSettings settings;
  settings.user = "user";
  const bool by_token = data[0] % 4 == 3;
  if (by_token) {
    settings.unsecured_subject = "me";
    settings.mechanism = Mechanism::kOauthBearer;
  } else {
    settings.password = std::string(kPassword);
    settings.mechanism = data[0] % 2 == 0 ? Mechanism::kScramSha256 : Mechanism::kScramSha512;
  }
  const auto client = by_token ? *MakeSaslClient(settings) : MakeScramClient(settings, "abc");
  if (!client->First()) return 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const auto answer = client->Answer(line);
    const bool sent = answer && answer->has_value();
    const std::string told = !answer ? answer.error().message : sent ? **answer : std::string();
    // A nonce is sent back as it came: a broker that puts the password into one knows it already.
    const bool theirs = sent && line.find(kPassword) != line.npos;
    frazil::fuzz::Check(by_token || theirs || told.find(kPassword) == std::string::npos, "the password stays here");
    if (!sent) break;
    at = end + 1;
  }
  return 0;
}
