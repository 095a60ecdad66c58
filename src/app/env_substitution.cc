#include "app/env_substitution.h"

#include <algorithm>
#include <cstdlib>

#include "io/whole_file.h"

namespace frazil::app {
namespace {

bool IsVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

constexpr std::string_view kFile = "file:";
constexpr int64_t kLongestFile = 64 << 10;

// `expression` is what stands between "${" and "}".
Result<std::string> Expand(std::string_view expression, const Environment& environment) {
  if (expression.starts_with(kFile)) {
    auto text = ReadSecretFile(std::string(expression.substr(kFile.size())));
    if (!text) return Wrap(text.error(), fmt::format("${{{}}}", expression));
    return text;
  }
  const size_t separator = expression.find(":-");
  const std::string_view name = expression.substr(0, separator);
  if (!IsVariableName(name)) {
    return Fail(ErrorKind::kInvalidArgument,
                "\"${{{}}}\" is no reference to a variable: expected ${{NAME}}, ${{NAME:-default}} or ${{file:PATH}}; "
                "write $$ for a dollar sign",
                expression);
  }
  auto value = environment(std::string(name));
  if (separator != std::string_view::npos) {
    if (value && !value->empty()) return *std::move(value);
    return std::string(expression.substr(separator + 2));
  }
  if (value) return *std::move(value);
  return Fail(ErrorKind::kInvalidArgument,
              "environment variable {0} is not set; set it, or give a default: ${{{0}:-default}}", name);
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<std::string> ReadSecretFile(const std::string& path) {
  auto read = io::ReadWholeFile(path, kLongestFile);
  if (!read) return Fail(ErrorKind::kInvalidArgument, "{}", read.error().message);
  std::string text = *std::move(read);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Fail(ErrorKind::kInvalidArgument, "it is empty");
  return text;
}

Result<std::string> SubstituteEnvironment(std::string_view text, const Environment& environment) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t dollar = std::min(text.find('$', at), text.size());
    out.append(text.substr(at, dollar - at));
    at = dollar;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("$$")) {
      out.push_back('$');
      at += 2;
    } else if (rest.starts_with("${")) {
      const size_t close = rest.find('}');
      if (close == std::string_view::npos) {
        return Fail(ErrorKind::kInvalidArgument, "\"${{\" has no closing \"}}\"; write $$ for a dollar sign");
      }
      FRAZIL_ASSIGN_OR_RETURN(const std::string value, Expand(rest.substr(2, close - 2), environment));
      out.append(value);
      at += close + 1;
    } else if (!rest.empty()) {
      out.push_back('$');
      at += 1;
    }
  }
  return out;
}

}  // namespace frazil::app
