// How a search is ranked beyond its first order: flags that searches share.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace quern::cli {

struct RerankFlags {
  std::string model;    // --rerank; "": none.
  std::size_t n = 50;   // --rerank-top
  int deadline_ms = 0;  // --deadline; 0: none.

  /// Of a question that is asked now.
  std::optional<std::chrono::steady_clock::time_point> deadline() const;
};

/// Adds --mode, for what is called `what`: "store".
void add_mode_flag(CLI::App& command, const std::string& what, std::string& mode);
/// Adds --rerank, --rerank-top and --deadline.
void add_rerank_flags(CLI::App& command, RerankFlags& flags);

}  // namespace quern::cli
