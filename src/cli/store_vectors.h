// What the commands of a store have in common where vectors are made: the engine, the vector log,
// progress, and what is said at the end.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/ingest.h"
#include "apps/text_embedder.h"
#include "apps/vector_log.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "store/vector/space.h"

namespace CLI {
class App;
}

namespace quern::cli {

/// Errors: as engine_options and Engine::make.
Result<std::unique_ptr<engine::Engine>> open_engine(const EngineFlags& flags);

struct VectorLogFlags {
  std::string size = "4GB";  // --vector-log
};
void add_vector_log_flag(CLI::App& command, VectorLogFlags& flags);

/// The log in the home. Errors: kBadInput for the flag.
Result<apps::VectorLogOptions> vector_log_options(const VectorLogFlags& flags, ByteLedger& ledger);

/// The log of an embedder's vectors; null where there is to be none, or, with a word about it,
/// where it cannot be opened: then each text is embedded. Errors: kBadInput for the flag.
Result<std::unique_ptr<apps::VectorLog>> open_vector_log(const VectorLogFlags& flags,
                                                         const apps::TextEmbedder& embedder);

/// Progress of an ingest: bytes while texts are read, tokens while they are embedded.
class IngestProgressView {
 public:
  /// `n_bytes_all`: of the file; unknown for pipes.
  IngestProgressView(ProgressStyle style, std::optional<std::uint64_t> n_bytes_all);

  void show(const apps::IngestProgress& done);
  void wipe();

 private:
  const ProgressStyle style_;
  const std::optional<std::uint64_t> n_bytes_all_;
  std::optional<Progress> text_;
  std::optional<Progress> vectors_;
};

/// Sets what an ingest tells and asks of whoever started it: progress, problems (the first few are
/// printed), interrupts.
void watch_ingest(apps::IngestJob& job, IngestProgressView& view);

/// "added 5,183 documents, 12 unchanged; 5,183 vectors, 40 of them from the log, ...", and how the
/// command ends.
ExitCode tell_ingest(const apps::IngestReport& report, double seconds);

}  // namespace quern::cli
