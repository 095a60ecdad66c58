#include "app/logging.h"

#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "app/status_line.h"
#include "common/log.h"
#include "common/text/shown.h"
#include "common/time/civil_time.h"

namespace frazil::app {
namespace {

class JsonLines : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const int64_t micros =
        std::chrono::duration_cast<std::chrono::microseconds>(message.time.time_since_epoch()).count();
    const auto level = spdlog::level::to_string_view(message.level);
    const nlohmann::ordered_json line = {
        {"time", FormatTimestamp(micros, Zone::kNone) + "Z"},
        {"level", std::string(level.data(), level.size())},
        {"message", std::string(message.payload.data(), message.payload.size())},
    };
    // A message may quote another system, with bytes that are not UTF-8. These must not stop the log.
    const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    out.append(text.data(), text.data() + text.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLines>(); }
};

class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    // A message may quote another system at any length. A line that is too long for anyone to read is cut.
    constexpr size_t kLongest = 16 << 10;
    spdlog::details::log_msg shown = message;
    std::string cut;
    if (message.payload.size() > kLongest) {
      cut = Shown({message.payload.data(), message.payload.size()}, kLongest);
      shown.payload = cut;
    }
    spdlog::memory_buf_t line;
    formatter_->format(shown, line);
    StderrLine().WriteAbove({line.data(), line.size()});
  }
  void flush_() override {}
};

bool plain_info = false;  // level info is logged, as text

}  // namespace

bool ShowsProgress() { return plain_info && StderrLine().possible(); }

void SetUpLog(const std::string& level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("frazil", std::make_shared<StderrSink>());
  if (format == LogFormat::kJson) {
    logger->set_formatter(std::make_unique<JsonLines>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
  }
  logger->set_level(spdlog::level::from_str(level));
  plain_info = format == LogFormat::kText && logger->should_log(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace frazil::app
