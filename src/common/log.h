// The log: spdlog's default logger, which app/main sets up once. Do not log per record, and never log a secret.
#pragma once

#include <spdlog/spdlog.h>

namespace frazil::log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;
}  // namespace frazil::log
