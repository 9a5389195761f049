#include "cli/rerank_flags.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace quern::cli {

std::optional<std::chrono::steady_clock::time_point> RerankFlags::deadline() const {
  if (deadline_ms <= 0) return {};
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
}

void add_mode_flag(CLI::App& command, const std::string& what, std::string& mode) {
  command
      .add_option(
          "--mode", mode,
          fmt::format("bm25: by words; dense: by vectors; hybrid: by both\n(default: hybrid, "
                      "where the {} has vectors)",
                      what))
      ->type_name("MODE")
      ->check(CLI::IsMember({"bm25", "dense", "hybrid"}));
}

void add_rerank_flags(CLI::App& command, RerankFlags& flags) {
  command
      .add_option("--rerank", flags.model,
                  "A model that puts the best in a better order: a cross-encoder,\nor late "
                  "interaction")
      ->type_name("MODEL");
  command.add_option("--rerank-top", flags.n, "So many of the best are reranked (50)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
  command
      .add_option("--deadline", flags.deadline_ms,
                  "Milliseconds for a question: reranking ends then, and what was not\nreranked "
                  "stays behind what was")
      ->type_name("MS")
      ->check(CLI::PositiveNumber);
}

}  // namespace quern::cli
