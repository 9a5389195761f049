// Texts from a file or standard input, one at a time: plain lines, or JSON lines with a "text"
// field (and "text_pair"), in UTF-8, or in UTF-16 or UTF-32 with a byte order mark. Memory is
// bounded by the longest line, never by the file.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::engine {

enum class TextFormat { kAuto, kLines, kJsonLines };

/// Errors: kBadInput for anything but "auto", "lines", "jsonl".
Result<TextFormat> parse_text_format(std::string_view name);

struct TextItem {
  long line = 0;  // Counted from 1.
  std::string text;
  std::optional<std::string> text_pair;
  Status status;  // Not ok: this line holds no text; it still takes its place in the output.
};

inline constexpr std::size_t kMaxLineBytes = 16u << 20;

class TextReader {
 public:
  /// `path` "-" is standard input. kAuto: JSON lines if the name ends in .jsonl or .ndjson, or if
  /// the first line is a JSON object with a "text" field; otherwise plain lines.
  /// Errors: kNotFound, kIo; kUnsupported for a compressed file, naming what unpacks it.
  static Result<TextReader> open(const std::string& path, TextFormat format);

  TextReader(TextReader&&) noexcept;
  TextReader& operator=(TextReader&&) noexcept;
  ~TextReader();

  /// The next text; false at the end. Of plain lines every one is a text, empty ones too (row i of
  /// the output is line i + 1); of JSON lines blank ones are skipped. A final "\r" is dropped.
  /// Errors: kIo with the system's reason; kCancelled when a signal came while waiting.
  Result<bool> next(TextItem& item);

  /// Would next() return without waiting for more input?
  bool is_ready() const;

  TextFormat format() const;
  std::size_t bytes_read() const;                  // Of the lines handed out so far, in UTF-8.
  std::optional<std::size_t> bytes_total() const;  // Unknown for pipes, and where not UTF-8.

 private:
  struct State;
  explicit TextReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace quern::engine
