// The configuration file: any text is read or refused, never a crash.
#include <optional>
#include <string>

#include "app/config.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const frazil::app::Environment environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "SET" ? std::optional<std::string>("${SET}: 1") : std::nullopt;
  };
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = frazil::app::ParseConfig(text, "fuzz.yaml", environment);
  frazil::fuzz::Check(config || !config.error().message.empty(), "an error says something");
  return 0;
}
