#include "source/kafka/native/sasl.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "common/random.h"
#include "common/text/base64.h"
#include "http/http_client.h"

namespace frazil::source::kafka {
namespace {

class PlainClient final : public SaslClient {
 public:
  explicit PlainClient(const SaslSettings& settings) : settings_(settings) {}
  Result<std::string> First() override {
    using std::string_literals::operator""s;
    return "\0"s + settings_.user + "\0"s + settings_.password.Reveal();
  }
  Result<std::optional<std::string>> Answer(std::string_view) override { return std::nullopt; }

 private:
  const SaslSettings settings_;
};

// --- SCRAM ----------------------------------------------------------------------------------------------------------

constexpr int kLeastIterations = 4096;       // what RFC 7677 asks for
constexpr int kMostIterations = 10'000'000;  // some seconds: no server asks for more in earnest

class ScramClient final : public SaslClient {
 public:
  ScramClient(const SaslSettings& settings, std::string nonce)
      : settings_(settings),
        digest_(settings.mechanism == SaslSettings::Mechanism::kScramSha256 ? EVP_sha256() : EVP_sha512()),
        nonce_(std::move(nonce)) {}

  Result<std::string> First() override {
    std::string user;
    for (const char c : settings_.user) user += c == '=' ? "=3D" : c == ',' ? "=2C" : std::string(1, c);
    first_bare_ = fmt::format("n={},r={}", user, nonce_);
    return "n,," + first_bare_;
  }

  Result<std::optional<std::string>> Answer(std::string_view challenge) override {
    if (!proof_sent_) return Proof(challenge);
    const auto signature = DecodeBase64(Attribute(challenge, 'v'));
    if (!signature) {
      const std::string reason = settings_.password.BlotFrom(std::string(Attribute(challenge, 'e')));
      return Fail(ErrorKind::kUnauthorized, "SCRAM: {}", reason.empty() ? "the broker did not sign" : reason);
    }
    if (signature->size() != server_signature_.size() ||
        CRYPTO_memcmp(signature->data(), server_signature_.data(), signature->size()) != 0) {
      return Fail(ErrorKind::kUnauthorized, "SCRAM: the broker does not know the password itself");
    }
    return std::nullopt;
  }

 private:
  Result<std::optional<std::string>> Proof(std::string_view challenge) {
    const std::string nonce(Attribute(challenge, 'r'));
    const auto salt = DecodeBase64(Attribute(challenge, 's'));
    const std::string_view count = Attribute(challenge, 'i');
    int iterations = 0;
    std::from_chars(count.data(), count.data() + count.size(), iterations);
    if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size() || !salt || iterations < kLeastIterations ||
        iterations > kMostIterations) {
      return Fail(ErrorKind::kUnauthorized, "SCRAM: the broker's first message is not acceptable");
    }
    std::string salted(static_cast<size_t>(EVP_MD_get_size(digest_)), '\0');
    const std::string& password = settings_.password.Reveal();
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>(salt->data()), static_cast<int>(salt->size()),
                          iterations, digest_, static_cast<int>(salted.size()),
                          reinterpret_cast<unsigned char*>(salted.data())) != 1) {
      return Fail(ErrorKind::kUnauthorized, "SCRAM: the password cannot be salted");
    }
    const std::string client_key = Hmac(salted, "Client Key");
    const std::string without_proof = "c=biws,r=" + nonce;
    const std::string signed_text = fmt::format("{},{},{}", first_bare_, challenge, without_proof);
    std::string proof = Hmac(Digest(client_key), signed_text);
    for (size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
    server_signature_ = Hmac(Hmac(salted, "Server Key"), signed_text);
    proof_sent_ = true;
    return fmt::format("{},p={}", without_proof, EncodeBase64(proof));
  }

  // The value of "NAME=…" in a list of attributes separated by commas.
  static std::string_view Attribute(std::string_view message, char name) {
    while (!message.empty()) {
      const std::string_view one = message.substr(0, message.find(','));
      if (one.size() >= 2 && one[0] == name && one[1] == '=') return one.substr(2);
      message.remove_prefix(std::min(one.size() + 1, message.size()));
    }
    return {};
  }
  std::string Hmac(const std::string& key, std::string_view text) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    HMAC(digest_, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), out.data(), &size);
    return {reinterpret_cast<char*>(out.data()), size};
  }
  std::string Digest(const std::string& text) const {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), out.data(), &size, digest_, nullptr);
    return {reinterpret_cast<char*>(out.data()), size};
  }

  const SaslSettings settings_;
  const EVP_MD* const digest_;
  const std::string nonce_;
  std::string first_bare_;
  std::string server_signature_;
  bool proof_sent_ = false;
};

// --- OAUTHBEARER ----------------------------------------------------------------------------------------------------

class BearerClient final : public SaslClient {
 public:
  BearerClient(Secret token, std::string_view extensions) : token_(std::move(token)) {
    while (!extensions.empty()) {
      const std::string_view one = extensions.substr(0, extensions.find(','));
      extensions_ += fmt::format("\x01{}", one);
      extensions.remove_prefix(std::min(one.size() + 1, extensions.size()));
    }
  }
  Result<std::string> First() override {
    return fmt::format(
        "n,,\x01"
        "auth=Bearer {}{}\x01\x01",
        token_.Reveal(), extensions_);
  }
  // Only a refusal has content: JSON. The client must send one more byte before the broker reports the error.
  Result<std::optional<std::string>> Answer(std::string_view challenge) override {
    if (challenge.empty()) return std::nullopt;
    return Fail(ErrorKind::kUnauthorized, "OAUTHBEARER: the broker refused the token: {}",
                token_.BlotFrom(std::string(challenge)));
  }

 private:
  const Secret token_;
  std::string extensions_;
};

std::string Base64Url(std::string_view text) {
  std::string out = EncodeBase64(text);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

// An unsecured token, as librdkafka makes it with enable.sasl.oauthbearer.unsecure.jwt. Only for experiments.
Secret UnsecuredToken(const std::string& subject) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const nlohmann::json claims = {{"sub", subject}, {"iat", now.count()}, {"exp", now.count() + 3600}};
  return Base64Url(R"({"alg":"none"})") + "." + Base64Url(claims.dump()) + ".";
}

}  // namespace

Result<http::OAuth2Token> FetchToken(const SaslSettings& settings) {
  http::OAuth2Client client;
  client.token_url = settings.token_url;
  client.id = settings.client_id;
  client.secret = settings.client_secret;
  client.by_header = true;
  client.parameters = {{"scope", settings.scope}};
  http::HttpClient http({});
  return http::FetchOAuth2Token(http, client, "sasl.oauthbearer.client.id, the secret and the token.endpoint.url");
}

std::unique_ptr<SaslClient> MakeScramClient(const SaslSettings& settings, std::string nonce) {
  return std::make_unique<ScramClient>(settings, std::move(nonce));
}

Result<std::unique_ptr<SaslClient>> MakeSaslClient(const SaslSettings& settings) {
  switch (settings.mechanism) {
    case SaslSettings::Mechanism::kPlain:
      return std::make_unique<PlainClient>(settings);
    case SaslSettings::Mechanism::kScramSha256:
    case SaslSettings::Mechanism::kScramSha512:
      return MakeScramClient(settings, RandomUuid());
    case SaslSettings::Mechanism::kOauthBearer:
      break;
  }
  Secret token;
  if (!settings.unsecured_subject.empty()) {
    token = UnsecuredToken(settings.unsecured_subject);
  } else {
    FRAZIL_ASSIGN_OR_RETURN(http::OAuth2Token given, FetchToken(settings));
    token = std::move(given.token);
  }
  return std::make_unique<BearerClient>(std::move(token), settings.extensions);
}

}  // namespace frazil::source::kafka
