#include "http/http_error_text.h"

#include <nlohmann/json.hpp>

#include "common/text/json.h"
#include "http/http_client.h"

namespace frazil::http {
namespace {

using Json = nlohmann::json;

std::string Member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? OneLine(found->get<std::string>()) : "";
}

}  // namespace

std::string OneLine(const std::string& text) {
  constexpr size_t kShown = 300;
  std::string shown = text.size() <= kShown ? text : text.substr(0, kShown) + "…";
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return shown;
}

std::string HttpErrorText(const HttpResponse& response) {
  const Json body = ParseJson(response.body).value_or(Json());
  if (body.is_object()) {
    const auto error = body.find("error");
    if (error != body.end() && error->is_object()) {
      const std::string type = Member(*error, "type");
      const std::string message = Member(*error, "message");
      return type.empty() ? message : type + ": " + message;
    }
    const std::string code = Member(body, "error");
    const std::string description = Member(body, "error_description");
    if (!code.empty()) return description.empty() ? code : code + ": " + description;
    std::string message = Member(body, "message");
    if (body.contains("error_code") && !message.empty()) return message;
  }
  return response.body.empty() ? "no explanation" : OneLine(response.body);
}

}  // namespace frazil::http
