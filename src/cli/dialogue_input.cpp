#include "cli/dialogue_input.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "base/machine.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

constexpr std::size_t kShownProblems = 5;

Result<DialogueInput> read_from(std::istream& in, const std::string& name) {
  DialogueInput out;
  apps::DialogueLines lines(in, name);
  for (;;) {
    QUERN_ASSIGN(std::optional<apps::DialogueLines::Line> line, lines.next());
    if (!line) break;
    if (!line->status.ok()) {
      if (out.n_refused++ < kShownProblems) {
        print_error(fmt::format("{}: {}", line->where, line->status.message()));
      }
      continue;
    }
    out.n_turns += line->dialogue.turns.size();
    out.dialogues.push_back(std::move(line->dialogue));
  }
  out.n_blank = lines.n_blank_turns();
  if (out.n_turns > 0) return out;
  return {Code::kBadInput, fmt::format("{} has no dialogue", name)};
}

}  // namespace

Result<DialogueInput> read_dialogues(const std::string& path) {
  if (path == "-") return read_from(std::cin, "standard input");
  std::ifstream in(path);
  if (in) return read_from(in, path);
  const int error = errno;
  return {error == ENOENT ? Code::kNotFound : Code::kIo,
          fmt::format("cannot read '{}': {}", path, std::strerror(error))};
}

Result<std::vector<apps::DialogueVectors>> embed_dialogues(const DialogueInput& input,
                                                           const apps::TextEmbedder& embedder,
                                                           const VectorLogFlags& log_flags,
                                                           bool quiet) {
  QUERN_ASSIGN(const auto log, open_vector_log(log_flags, embedder));
  Progress progress("embed", progress_style(stderr, quiet), stderr);
  apps::DialogueEmbedding embedding;
  embedding.embedder = &embedder;
  embedding.log = log.get();
  embedding.is_stopped = is_interrupted;
  embedding.on_turns = [&](std::size_t n) {
    WorkDone done;
    done.n_texts = static_cast<long>(n);
    done.share = static_cast<double>(n) / static_cast<double>(input.n_turns);
    done.resident_bytes = resident_bytes();
    progress.show(done);
  };
  return apps::vectors_of(input.dialogues, embedding);
}

int thread_count(const EngineFlags& flags) {
  return flags.n_threads > 0 ? flags.n_threads : usable_cpus();
}

}  // namespace quern::cli
