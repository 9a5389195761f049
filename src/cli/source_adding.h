// Sources of any kind on their way into a store, as commands run it: who writes and embeds, what is
// shown meanwhile, how it ends.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "apps/ingest.h"
#include "base/status.h"
#include "cli/code_embedding.h"
#include "cli/exit_code.h"
#include "cli/store_vectors.h"
#include "engine/engine.h"
#include "store/writer.h"

namespace quern::cli {

struct SourceAddingFlags {
  std::string model;
  bool quiet = false;
  VectorLogFlags log;
};

/// Threads: one at a time.
class SourceAdding {
 public:
  /// `who` is the command. `n_bytes_all`: of the input, where that is known. The engine outlives
  /// it. Errors: as Writer::open and CodeEmbedder::open.
  static Result<std::unique_ptr<SourceAdding>> open(engine::Engine& engine,
                                                    const std::string& folder, const char* who,
                                                    const SourceAddingFlags& flags,
                                                    std::optional<std::uint64_t> n_bytes_all = {});

  /// Borrowed from this. Progress is shown, Ctrl-C ends it, the first problems are printed.
  apps::AddingParts parts();

  /// After the run: its model's vectors are those that are searched, where all were made. Errors:
  /// as Writer::activate_space.
  Status show_vectors(const apps::IngestReport& vectors, bool was_stopped);

 private:
  SourceAdding(engine::Engine& engine, IngestProgressView view)
      : engine_(engine), view_(std::move(view)) {}

  engine::Engine& engine_;
  IngestProgressView view_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<CodeEmbedder> embedder_;  // Null: no vectors are made.
};

/// How such a command ends, saying why vectors are missing.
ExitCode end_of_adding(const apps::IngestReport& vectors, bool was_stopped,
                       std::uint64_t n_refused);

/// "1 source", "2,000 sources".
std::string count_of(std::uint64_t n, const char* one, const char* many);

}  // namespace quern::cli
