// Lines of a stream that may be of any length: no more than a limit of each is held.

#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>

#include "base/status.h"

namespace quern::apps {

class BoundedLines {
 public:
  /// The stream outlives it.
  BoundedLines(std::istream& in, std::size_t max_bytes) : in_(in), max_bytes_(max_bytes) {}

  struct Line {
    std::string text;         // Without its line feed; "" where it is too long.
    std::size_t n_bytes = 0;  // With it.
    std::size_t n_line = 0;   // From 1.
    bool is_too_long = false;
  };

  /// Nothing at the end. Errors: kIo.
  Result<std::optional<Line>> next();

 private:
  bool fill();

  std::istream& in_;
  const std::size_t max_bytes_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t n_line_ = 0;
};

}  // namespace quern::apps
