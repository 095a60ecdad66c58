#include "http/basic_auth.h"

#include <utility>

#include "common/text/base64.h"

namespace frazil::http {
namespace {

std::string Both(const BasicAuth& auth) { return auth.name + ":" + auth.password.Reveal(); }

}  // namespace

std::string BasicAuth::Header() const { return "Basic " + EncodeBase64(Both(*this)); }

std::string BasicAuth::BlotFrom(std::string text) const {
  if (password.empty()) return text;
  const std::string both = Both(*this);
  text = Secret(EncodeBase64(both)).BlotFrom(std::move(text));
  text = Secret(both).BlotFrom(std::move(text));
  return password.BlotFrom(std::move(text));
}

}  // namespace frazil::http
