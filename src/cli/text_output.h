// Generated text to standard output as it comes, and a generation that Ctrl-C ends.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "engine/engine.h"

namespace quern::cli {

/// Threads: one writes at a time.
class TextOutput {
 public:
  /// Writes and flushes. After an error (a closed pipe, a full disk) nothing more is written.
  void write(std::string_view text);
  const Status& status() const { return status_; }

 private:
  Status status_;
};

/// Generates, writes each piece, and waits for the end; nothing where `limit` is 0, and as far as
/// the context goes without one. The first SIGINT, or an output that cannot
/// be written to, cancels: the result says kCancelled. `text`, if any, gets what was written.
engine::GenerateResult generate_to(engine::Engine& engine, engine::GenerateRequest request,
                                   std::optional<int> limit, TextOutput& out,
                                   std::string* text = nullptr);

/// "12 prompt tokens at 950/s, 60 generated at 105.2/s".
std::string speed_line(const engine::GenerateResult& result);

}  // namespace quern::cli
