#include "base/log.h"

#include <atomic>
#include <cstdlib>
#include <memory>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace quern {
namespace {

std::atomic<LogLevel>& level() {
  static std::atomic<LogLevel> value = [] {
    const char* text = std::getenv("QUERN_LOG");
    return log_level_from(text == nullptr ? "" : text);
  }();
  return value;
}

// Never destroyed: threads may still log while statics go. Not registered with spdlog's registry,
// whose own default logger would write to standard output.
spdlog::logger& logger() {
  static spdlog::logger* const instance = [] {
    auto* made = new spdlog::logger("quern", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel l) {
  switch (l) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

}  // namespace

LogLevel log_level_from(std::string_view text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "error") return LogLevel::kError;
  if (text == "off") return LogLevel::kOff;
  return LogLevel::kWarn;
}

void set_log_level(LogLevel l) { level().store(l, std::memory_order_relaxed); }

bool is_logged(LogLevel l) {
  return l != LogLevel::kOff && l >= level().load(std::memory_order_relaxed);
}

void log_line(LogLevel l, std::string_view line) {
  if (is_logged(l)) logger().log(spdlog_level(l), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace quern
