#include "cli/dialogue_input.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/machine.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

constexpr std::size_t kShownProblems = 5;

Status embed(DialogueReading& reading, const DialogueEmbedFlags& flags,
             const std::function<Status(const apps::EmbeddedTurn&)>& sink) {
  QUERN_ASSIGN(const auto log, open_vector_log(*flags.log, *flags.embedder));
  Progress progress("embed", progress_style(stderr, flags.quiet), stderr);
  apps::DialogueEmbedding embedding;
  embedding.embedder = flags.embedder;
  embedding.log = log.get();
  embedding.is_stopped = is_interrupted;
  embedding.on_turns = [&](std::size_t n) {
    if (!progress.is_due()) return;
    WorkDone done;
    done.n_texts = static_cast<long>(n);
    done.share = reading.share();
    done.resident_bytes = resident_bytes();
    progress.show(done);
  };
  return apps::embed_turns([&] { return reading.next(); }, embedding, sink);
}

}  // namespace

DialogueReading::DialogueReading(std::unique_ptr<std::istream> in, std::string name,
                                 std::uint64_t n_bytes)
    : name_(std::move(name)),
      own_(std::move(in)),
      in_(own_ ? *own_ : std::cin),
      n_bytes_(n_bytes),
      lines_(in_, name_) {}

Result<std::unique_ptr<DialogueReading>> DialogueReading::open(const std::string& path) {
  const auto made = [](std::unique_ptr<std::istream> in, const std::string& name,
                       std::uint64_t n_bytes) {
    return std::unique_ptr<DialogueReading>(new DialogueReading(std::move(in), name, n_bytes));
  };
  if (path == "-") return made(nullptr, "standard input", 0);
  auto file = std::make_unique<std::ifstream>(path);
  if (!*file) {
    const int error = errno;
    return {error == ENOENT ? Code::kNotFound : Code::kIo,
            fmt::format("cannot read '{}': {}", path, std::strerror(error))};
  }
  std::error_code error;
  const std::uint64_t n_bytes = std::filesystem::file_size(path, error);
  return made(std::move(file), path, error ? 0 : n_bytes);
}

std::unique_ptr<DialogueReading> DialogueReading::of_lines(std::string lines, std::string name) {
  const std::uint64_t n_bytes = lines.size();
  return std::unique_ptr<DialogueReading>(new DialogueReading(
      std::make_unique<std::istringstream>(std::move(lines)), std::move(name), n_bytes));
}

Result<std::optional<apps::Dialogue>> DialogueReading::next() {
  for (;;) {
    QUERN_ASSIGN(std::optional<apps::DialogueLines::Line> line, lines_.next());
    counts_.n_blank = lines_.n_blank_turns();
    if (!line && counts_.n_turns > 0) return std::optional<apps::Dialogue>();
    if (!line) return {Code::kBadInput, fmt::format("{} has no dialogue", name_)};
    if (line->status.ok()) {
      ++counts_.n_dialogues;
      counts_.n_turns += line->dialogue.turns.size();
      return std::optional(std::move(line->dialogue));
    }
    if (counts_.n_refused++ < kShownProblems) {
      print_error(fmt::format("{}: {}", line->where, line->status.message()));
    }
  }
}

std::optional<double> DialogueReading::share() const {
  if (n_bytes_ == 0) return {};
  const std::streamoff at = in_.tellg();
  // At its end a stream knows no place.
  return at < 0 ? 1 : std::min(1.0, static_cast<double>(at) / static_cast<double>(n_bytes_));
}

Result<std::vector<apps::DialogueVectors>> embed_dialogues(DialogueReading& reading,
                                                           const DialogueEmbedFlags& flags) {
  std::vector<apps::DialogueVectors> out;
  QUERN_TRY(embed(reading, flags, [&](const apps::EmbeddedTurn& turn) -> Status {
    while (out.size() <= turn.i_dialogue) out.push_back({.d = flags.embedder->d()});
    apps::DialogueVectors& to = out.back();
    to.turns.insert(to.turns.end(), turn.vector.begin(), turn.vector.end());
    to.extras.insert(to.extras.end(), turn.extras.begin(), turn.extras.end());
    to.texts.push_back(turn.text);
    return {};
  }));
  return out;
}

Result<apps::TurnSpool> spool_dialogues(DialogueReading& reading, const DialogueEmbedFlags& flags,
                                        const std::string& folder) {
  QUERN_ASSIGN(apps::TurnSpool out, apps::TurnSpool::create(folder, flags.embedder->d()));
  const Status embedded = embed(reading, flags, [&](const apps::EmbeddedTurn& turn) -> Status {
    while (out.n_dialogues() <= turn.i_dialogue) QUERN_TRY(out.begin_dialogue());
    return out.add_turn(turn.text, turn.vector, turn.extras);
  });
  QUERN_TRY(embedded);
  return out;
}

int thread_count(const EngineFlags& flags) {
  return flags.n_threads > 0 ? flags.n_threads : usable_cpus();
}

}  // namespace quern::cli
