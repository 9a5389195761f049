// Dialogues from a file, one at a time, and their vectors: in memory where they are few, on the
// disk where they may be many.

#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"
#include "apps/dialogue/dialogues.h"
#include "apps/dialogue/turn_spool.h"
#include "apps/text_embedder.h"
#include "base/status.h"
#include "cli/store_vectors.h"

namespace quern::cli {

struct DialogueCounts {
  std::size_t n_dialogues = 0;
  std::size_t n_turns = 0;
  std::size_t n_blank = 0;    // Turns that were passed over.
  std::size_t n_refused = 0;  // Lines that are no dialogues; the first few are named.
};

/// Lines of a file or of standard input. Threads: one.
class DialogueReading {
 public:
  /// `path`: - is standard input. Errors: kNotFound, kIo.
  static Result<std::unique_ptr<DialogueReading>> open(const std::string& path);

  /// Lines that are in memory.
  static std::unique_ptr<DialogueReading> of_lines(std::string lines, std::string name);

  /// Nothing at the end. Errors: kIo; kBadInput at the end where no line was a dialogue.
  Result<std::optional<apps::Dialogue>> next();

  const DialogueCounts& counts() const { return counts_; }
  std::optional<double> share() const;  // Of the bytes that were read; unknown for pipes.

 private:
  /// `in`: null for standard input.
  DialogueReading(std::unique_ptr<std::istream> in, std::string name, std::uint64_t n_bytes);

  const std::string name_;
  const std::unique_ptr<std::istream> own_;
  std::istream& in_;
  const std::uint64_t n_bytes_ = 0;  // Of all; 0 where that is not known.
  apps::DialogueLines lines_;
  DialogueCounts counts_;
};

/// How dialogues are embedded.
struct DialogueEmbedFlags {
  const apps::TextEmbedder* embedder = nullptr;
  const VectorLogFlags* log = nullptr;
  bool quiet = false;
};

/// With progress on standard error. Errors: those of reading and of the engine; kCancelled after a
/// signal.
Result<std::vector<apps::DialogueVectors>> embed_dialogues(DialogueReading& reading,
                                                           const DialogueEmbedFlags& flags);

/// The same in memory that does not grow with them, on the disk of `folder`. Errors: also kIo.
Result<apps::TurnSpool> spool_dialogues(DialogueReading& reading, const DialogueEmbedFlags& flags,
                                        const std::string& folder);

/// --threads, or all processors.
int thread_count(const EngineFlags& flags);

}  // namespace quern::cli
