#include "source/kafka/native/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/system/descriptor.h"
#include "common/system/tcp_connect.h"

namespace frazil::source::kafka {
namespace {

using std::chrono::steady_clock;

// Waits for a socket. Its errors name the broker.
class Waiter {
 public:
  Waiter(Endpoint endpoint, const Interrupt& interrupt) : endpoint_(std::move(endpoint)), interrupt_(interrupt) {}

  [[nodiscard]] tl::unexpected<Error> Unreachable(std::string_view why) const {
    return Fail(ErrorKind::kUnavailable, "Kafka broker {}: {}", endpoint_.ToString(), why);
  }
  Status Until(int descriptor, short events, Socket::Deadline deadline) const {
    return Named(AwaitDescriptor(descriptor, events, deadline, interrupt_.descriptor()));
  }
  Result<Descriptor> Connect(int family, Socket::Deadline deadline) const {
    return Named(ConnectTcp(endpoint_.host, endpoint_.port, family, deadline, interrupt_.descriptor()));
  }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  template <class R>
  R Named(R done) const {
    if (done || done.error().kind != ErrorKind::kUnavailable) return done;
    return Unreachable(done.error().message);
  }

  const Endpoint endpoint_;
  const Interrupt& interrupt_;
};

class PlainSocket final : public Socket {
 public:
  PlainSocket(Descriptor descriptor, Waiter waiter) : descriptor_(std::move(descriptor)), waiter_(std::move(waiter)) {}

  Status Write(std::string_view bytes, Deadline deadline) override {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else {
        FRAZIL_RETURN_IF_ERROR(WaitAfter(POLLOUT, deadline));
      }
    }
    return {};
  }
  Status Read(char* to, size_t size, Deadline deadline) override {
    while (size > 0) {
      const ssize_t got = recv(descriptor_.get(), to, size, 0);
      if (got == 0) return waiter_.Unreachable("it closed the connection");
      if (got > 0) {
        to += got;
        size -= static_cast<size_t>(got);
      } else {
        FRAZIL_RETURN_IF_ERROR(WaitAfter(POLLIN, deadline));
      }
    }
    return {};
  }

 private:
  Status WaitAfter(short events, Deadline deadline) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return waiter_.Until(descriptor_.get(), events, deadline);
    if (errno == EINTR) return {};
    return waiter_.Unreachable(std::strerror(errno));
  }

  const Descriptor descriptor_;
  const Waiter waiter_;
};

// --- TLS ------------------------------------------------------------------------------------------------------------

struct FreeOpenssl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeOpenssl>;

std::string TlsReason() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown reason" : reason;
}

[[nodiscard]] tl::unexpected<Error> BadSetting(std::string_view key, std::string_view value) {
  return Fail(ErrorKind::kInvalidArgument, "Kafka source property {}{}{}: {}", key, value.empty() ? "" : " ", value,
              TlsReason());
}

Owned<BIO> Memory(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Status Trust(SSL_CTX* context, const TlsSettings& tls) {
  if (!tls.ca_pem.empty()) {
    const Owned<BIO> bio = Memory(tls.ca_pem);
    int count = 0;
    while (const auto one = Owned<X509>(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get());
      ++count;
    }
    if (count == 0) return BadSetting("ssl.ca.pem", "");
    ERR_clear_error();  // the end of the text is one
    return {};
  }
  if (tls.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  struct stat what {};
  const bool directory = stat(tls.ca_file.c_str(), &what) == 0 && S_ISDIR(what.st_mode);
  if (SSL_CTX_load_verify_locations(context, directory ? nullptr : tls.ca_file.c_str(),
                                    directory ? tls.ca_file.c_str() : nullptr) != 1) {
    return BadSetting("ssl.ca.location", tls.ca_file);
  }
  return {};
}

Status PresentCertificate(SSL_CTX* context, const TlsSettings& tls) {
  if (!tls.key_password.empty()) {
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<Secret*>(&tls.key_password));
    SSL_CTX_set_default_passwd_cb(context, [](char* to, int size, int, void* password) {
      const std::string& text = static_cast<const Secret*>(password)->Reveal();
      const int count = std::min(size, static_cast<int>(text.size()));
      std::memcpy(to, text.data(), static_cast<size_t>(count));
      return count;
    });
  }
  if (!tls.certificate_pem.empty()) {
    const Owned<BIO> bio = Memory(tls.certificate_pem);
    const Owned<X509> own(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1)
      return BadSetting("ssl.certificate.pem", "");
    while (X509* const issuer = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
      SSL_CTX_add_extra_chain_cert(context, issuer);
    }
    ERR_clear_error();
  } else if (!tls.certificate_file.empty() &&
             SSL_CTX_use_certificate_chain_file(context, tls.certificate_file.c_str()) != 1) {
    return BadSetting("ssl.certificate.location", tls.certificate_file);
  }
  if (!tls.key_pem.empty()) {
    const Owned<BIO> bio = Memory(tls.key_pem.Reveal());
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, SSL_CTX_get_default_passwd_cb(context),
                                                      SSL_CTX_get_default_passwd_cb_userdata(context)));
    if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return BadSetting("ssl.key.pem", "");
  } else if (!tls.key_file.empty() &&
             SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return BadSetting("ssl.key.location", tls.key_file);
  }
  return {};
}

class TlsSocket final : public Socket {
 public:
  TlsSocket(Descriptor descriptor, Waiter waiter) : descriptor_(std::move(descriptor)), waiter_(std::move(waiter)) {}

  Status Handshake(const TlsSettings& tls, Deadline deadline) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    // A broker that closes without TLS's close message counts as any lost connection.
    SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context_.get(), tls.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    FRAZIL_RETURN_IF_ERROR(Trust(context_.get(), tls));
    FRAZIL_RETURN_IF_ERROR(PresentCertificate(context_.get(), tls));
    connection_.reset(SSL_new(context_.get()));
    SSL_set_fd(connection_.get(), descriptor_.get());
    const std::string& host = waiter_.endpoint().host;
    in6_addr address{};
    const bool numeric =
        inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
    if (!numeric) SSL_set_tlsext_host_name(connection_.get(), host.c_str());
    if (tls.verify && tls.check_host_name) {
      X509_VERIFY_PARAM* const checks = SSL_get0_param(connection_.get());
      if (numeric) {
        X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str());
      } else {
        X509_VERIFY_PARAM_set1_host(checks, host.c_str(), 0);
      }
    }
    for (;;) {
      const int done = SSL_connect(connection_.get());
      if (done == 1) return {};
      const int why = SSL_get_error(connection_.get(), done);
      // A listener without TLS closes the connection at our first bytes. So does a broker that restarts.
      const bool left = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      if (why == SSL_ERROR_SSL && !left) {
        const auto verdict = SSL_get_verify_result(connection_.get());
        const std::string reason = TlsReason();
        return Fail(ErrorKind::kUnauthorized, "Kafka broker {}: TLS: {}. Check the ssl.* settings of the source",
                    waiter_.endpoint().ToString(),
                    verdict == X509_V_OK ? reason : X509_verify_cert_error_string(verdict));
      }
      if (Status went_on = WaitAfter(why, deadline); !went_on) {
        if (went_on.error().kind != ErrorKind::kUnavailable) return went_on;
        return Fail(ErrorKind::kUnavailable,
                    "{} within the TLS handshake. Where this listener has no TLS, set security.protocol to PLAINTEXT "
                    "or SASL_PLAINTEXT",
                    went_on.error().message);
      }
    }
  }

  Status Write(std::string_view bytes, Deadline deadline) override {
    while (!bytes.empty()) {
      const int sent = SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (sent > 0) {
        bytes.remove_prefix(static_cast<size_t>(sent));
      } else {
        FRAZIL_RETURN_IF_ERROR(WaitAfter(SSL_get_error(connection_.get(), sent), deadline));
      }
    }
    return {};
  }
  Status Read(char* to, size_t size, Deadline deadline) override {
    constexpr size_t kMost = 1 << 30;
    while (size > 0) {
      const int got = SSL_read(connection_.get(), to, static_cast<int>(std::min(size, kMost)));
      if (got > 0) {
        to += got;
        size -= static_cast<size_t>(got);
      } else {
        FRAZIL_RETURN_IF_ERROR(WaitAfter(SSL_get_error(connection_.get(), got), deadline));
      }
    }
    return {};
  }

 private:
  Status WaitAfter(int why, Deadline deadline) {
    switch (why) {
      case SSL_ERROR_WANT_READ:
        return waiter_.Until(descriptor_.get(), POLLIN, deadline);
      case SSL_ERROR_WANT_WRITE:
        return waiter_.Until(descriptor_.get(), POLLOUT, deadline);
      case SSL_ERROR_ZERO_RETURN:
        return waiter_.Unreachable("it closed the connection");
      case SSL_ERROR_SYSCALL:
        return waiter_.Unreachable(errno == 0 ? "it closed the connection" : std::strerror(errno));
      default:
        return waiter_.Unreachable(TlsReason());
    }
  }

  const Descriptor descriptor_;
  const Waiter waiter_;
  Owned<SSL_CTX> context_;
  Owned<SSL> connection_;
};

}  // namespace

Result<std::unique_ptr<Socket>> Socket::Connect(const Endpoint& endpoint, const FetchSettings& settings,
                                                const Interrupt& interrupt) {
  Waiter waiter(endpoint, interrupt);
  const Deadline deadline = steady_clock::now() + settings.connect_timeout;
  FRAZIL_ASSIGN_OR_RETURN(Descriptor connected, waiter.Connect(settings.address_family, deadline));
  if (!settings.tls) return std::make_unique<PlainSocket>(std::move(connected), std::move(waiter));
  auto secured = std::make_unique<TlsSocket>(std::move(connected), std::move(waiter));
  FRAZIL_RETURN_IF_ERROR(secured->Handshake(*settings.tls, deadline));
  return secured;
}

}  // namespace frazil::source::kafka
