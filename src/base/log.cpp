#include "base/log.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "base/standard_error.h"

namespace quern {
namespace {

std::atomic<LogLevel>& level() {
  static std::atomic<LogLevel> value = [] {
    const char* text = std::getenv("QUERN_LOG");
    return log_level_from(text == nullptr ? "" : text);
  }();
  return value;
}

// A line that cannot be written is dropped: no request waits for whoever should read the log.
class StandardErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_standard_error({line.data(), line.size()}, WhenFull::kDrop);
  }
  void flush_() override {}
};

// Never destroyed: threads may still log while statics go. Not registered with spdlog's registry,
// whose own default logger would write to standard output.
spdlog::logger& logger() {
  static spdlog::logger* const instance = [] {
    auto* made = new spdlog::logger("quern", std::make_shared<StandardErrorSink>());
    made->set_level(spdlog::level::trace);
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
