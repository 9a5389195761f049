// Lines for whoever runs the program, on standard error and nowhere else. The level comes from
// QUERN_LOG (debug, info, warn, error, off); unset or unknown means warn. spdlog does the writing
// (log.cpp), so that its headers stay out of every other file.

#pragma once

#include <string_view>

#include <fmt/core.h>

namespace quern {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

/// The level that QUERN_LOG's `text` names; kWarn for anything unknown.
LogLevel log_level_from(std::string_view text);

/// Replaces the level taken from the environment.
void set_log_level(LogLevel level);

bool is_logged(LogLevel level);

/// Writes one line with time and level. Threads: any.
void log_line(LogLevel level, std::string_view line);

template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (is_logged(LogLevel::kDebug)) {
    log_line(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (is_logged(LogLevel::kInfo)) {
    log_line(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  if (is_logged(LogLevel::kWarn)) {
    log_line(LogLevel::kWarn, fmt::format(format, std::forward<Args>(args)...));
  }
}

template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  if (is_logged(LogLevel::kError)) {
    log_line(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
  }
}

}  // namespace quern
