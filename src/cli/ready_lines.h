// Lines of a file or pipe, of which it is known whether the next one is there already: so that what
// has come is taken together, and nobody who waits for an answer is kept waiting for more lines.

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/status.h"

namespace quern::cli {

/// Threads: one. Ends early after a signal (cli/interrupt.h).
class ReadyLines {
 public:
  ReadyLines(int fd, std::size_t max_bytes) : fd_(fd), max_bytes_(max_bytes) {}

  struct Line {
    std::string text = {};    // Without its line feed; "" where it is too long.
    std::size_t n_bytes = 0;  // With it.
    std::size_t n_line = 0;   // From 1.
    bool is_too_long = false;
  };

  /// Waits for it. Nothing at the end. Errors: kIo.
  Result<std::optional<Line>> next() { return take(Wait::kYes); }

  /// Nothing where it has not come as a whole, too.
  Result<std::optional<Line>> next_ready() { return take(Wait::kNo); }

 private:
  enum class Wait { kYes, kNo };
  Result<std::optional<Line>> take(Wait wait);
  std::optional<Line> cut();
  Line line_of(std::size_t n_bytes, std::size_t n_feed);
  bool is_readable(Wait wait) const;
  Result<bool> fill(Wait wait);

  const int fd_;
  const std::size_t max_bytes_;
  std::string buffer_;
  std::size_t at_ = 0;         // Where the next line begins,
  std::size_t n_looked_ = 0;   // and how much of it has no line feed.
  std::size_t n_dropped_ = 0;  // Of a line that is too long.
  std::size_t n_line_ = 0;
  bool is_at_end_ = false;
};

}  // namespace quern::cli
