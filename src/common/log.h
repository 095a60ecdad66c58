// The log: spdlog's default logger, set up once by app/main. Never called per record; never given a secret.
#pragma once

#include <spdlog/spdlog.h>

namespace frazil::log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;
}  // namespace frazil::log
