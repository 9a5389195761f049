// Lines that a person types: with editing and a history on a terminal, plainly from a pipe.

#pragma once

#include <optional>
#include <string>

namespace quern::cli {

class LineEditor {
 public:
  LineEditor();
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line without its end; nothing at the end of the input, or after a signal that is to
  /// end the program. A line that ends in a
  /// backslash goes on with the next one. Ctrl-C empties the line; on an empty one it is the end.
  std::optional<std::string> read(const std::string& prompt);

  bool is_terminal() const { return is_terminal_; }

 private:
  struct Terminal;
  std::optional<std::string> read_one(const std::string& prompt);

  bool is_terminal_ = false;
  bool is_first_ = true;
  Terminal* terminal_ = nullptr;
};

}  // namespace quern::cli
