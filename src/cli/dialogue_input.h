// Dialogues from a file, and their vectors.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"
#include "apps/dialogue/dialogues.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "cli/store_vectors.h"

namespace quern::cli {

struct DialogueInput {
  std::vector<apps::Dialogue> dialogues;
  std::size_t n_turns = 0;
  std::size_t n_blank = 0;    // Turns that were passed over.
  std::size_t n_refused = 0;  // Lines that are no dialogues; the first few are named.
};

/// Errors: kNotFound, kIo; kBadInput where no line is a dialogue.
Result<DialogueInput> read_dialogues(const std::string& path);

/// With progress on standard error. Errors: those of the engine; kCancelled after a signal.
Result<std::vector<apps::DialogueVectors>> embed_dialogues(const DialogueInput& input,
                                                           const apps::TextEmbedder& embedder,
                                                           const VectorLogFlags& log, bool quiet);

/// --threads, or all processors.
int thread_count(const EngineFlags& flags);

}  // namespace quern::cli
