// quern dialogue demo: a predictor of a few everyday dialogues, trained here and now, to talk to.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "apps/dialogue/next_turns.h"
#include "apps/store_model.h"
#include "base/checksum.h"
#include "base/mapped_file.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_flags.h"
#include "cli/dialogue_input.h"
#include "cli/dialogue_session.h"
#include "cli/dialogue_training.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/line_editor.h"
#include "cli/output_file.h"
#include "cli/sample_dialogues.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(The first time it is trained, in seconds, on the short dialogues that come with the program, or on --texts;
it is kept in the home for the next time. It can say nothing but sentences of those dialogues: each answer
is the one whose vector is the nearest to what should come next. On a terminal it converses; else each line
of standard input is something that is said to it.

Examples:
  quern dialogue demo
  quern dialogue demo --message "Is there any coffee left?"
  quern dialogue demo --texts talks.jsonl --reservoir lif)";

// Answers that are looked at for one that was not said yet.
constexpr std::uint32_t kLookedAt = 10;

struct DemoFlags {
  std::string texts;
  std::vector<std::string> messages;
  std::string model = kDialogueModel;
  PredictorFlags predictor;
  OriginFlags origin;
  bool quiet = false;
  VectorLogFlags log;
};

Result<std::string> lines_of(const DemoFlags& flags) {
  if (flags.texts.empty()) return std::string(sample_dialogues());
  return read_file(flags.texts, apps::kMaxDialogueBytes);
}

/// Where its predictor is kept: by all that it depends on.
std::string place_of(const DemoFlags& flags, const std::string& lines,
                     const store::VectorSpace& space) {
  const std::string all = fmt::format("{} {} {} {} {} {} {}", version_line(), space.fingerprint,
                                      flags.predictor.reservoir, flags.predictor.n_units,
                                      flags.predictor.n_turns, flags.predictor.seed, lines);
  const std::uint64_t key = checksum64(std::as_bytes(std::span(all)));
  return fmt::format("{}/dialogue/demo-{:016x}.qdp", hub::home_folder(), key);
}

Status train_demo(const DemoFlags& flags, const std::string& lines, const std::string& path,
                  const apps::TextEmbedder& embedder, ThreadPool& pool) {
  const auto start = std::chrono::steady_clock::now();
  std::error_code error;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  std::filesystem::create_directories(folder, error);
  QUERN_ASSIGN(const store::VectorSpace space, apps::space_of(embedder, flags.model));
  const auto reading =
      DialogueReading::of_lines(lines, flags.texts.empty() ? "the samples" : flags.texts);
  QUERN_ASSIGN(
      const apps::TurnSpool turns,
      spool_dialogues(*reading, {.embedder = &embedder, .log = &flags.log, .quiet = flags.quiet},
                      folder));
  StageProgress progress(flags.quiet);
  const Status trained =
      train_to_file(turns, trainings_of(flags.predictor), space, path, pool, progress).status();
  // Another run may have been faster.
  if (!trained.ok() && trained.code() != Code::kUnavailable) return trained;
  progress.wipe();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (flags.quiet) return {};
  print_note(fmt::format("trained on {} dialogues, {} turns, in {:.1f} s\n",
                         reading->counts().n_dialogues, reading->counts().n_turns, took.count()));
  return {};
}

/// One conversation: what is said to it, and what it answers.
class DemoTalk {
 public:
  explicit DemoTalk(const apps::NextTurnService& service) : service_(service) {}

  /// "the answer" and how sure it is.
  Result<std::string> answer(const std::string& text) {
    dialogue_.turns.push_back({.speaker = "you", .text = text});
    const Result<apps::NextTurns> next = service_.after(dialogue_, {.n_wanted = kLookedAt});
    if (!next.ok()) {
      dialogue_.turns.pop_back();
      return next.status();
    }
    const auto is_new = [&](const apps::NextTurn& turn) {
      return std::none_of(dialogue_.turns.begin(), dialogue_.turns.end(),
                          [&](const apps::Turn& said) { return said.text == turn.text; });
    };
    auto best = std::find_if(next->turns.begin(), next->turns.end(), is_new);
    if (best == next->turns.end()) best = next->turns.begin();
    if (best == next->turns.end()) return {Code::kBadInput, "there is nothing to answer"};
    dialogue_.turns.push_back({.speaker = "quern", .text = best->text});
    return fmt::format("{}   [{:.2f}]", in_one_line(best->text), best->score);
  }

 private:
  const apps::NextTurnService& service_;
  apps::Dialogue dialogue_;
};

Status say_to_it(const std::vector<std::string>& messages, DemoTalk& talk) {
  OutputFile out = OutputFile::standard_output();
  for (const std::string& message : messages) {
    QUERN_ASSIGN(const std::string answer, talk.answer(message));
    QUERN_TRY(out.write(fmt::format("you>   {}\nquern> {}\n", in_one_line(message), answer)));
    QUERN_TRY(out.flush());
  }
  return out.commit();
}

// Each line is answered by one, whether a person types it or a pipe.
Status talk_in_lines(DemoTalk& talk, bool is_terminal) {
  OutputFile out = OutputFile::standard_output();
  LineEditor editor;
  while (const std::optional<std::string> line = editor.read("you>   ")) {
    if (line->find_first_not_of(" \t\r") == std::string::npos) continue;
    const Result<std::string> answer = talk.answer(*line);
    if (!answer.ok() && is_terminal) {
      print_error(answer.status().message());
      continue;
    }
    if (!answer.ok()) return answer.status();
    QUERN_TRY(out.write((is_terminal ? "quern> " : "") + *answer + '\n'));
    QUERN_TRY(out.flush());
  }
  return out.commit();
}

Status demonstrate(const DemoFlags& flags, EngineFlags engine_flags) {
  if (flags.origin.is_legacy) engine_flags.cache.size = "0";
  QUERN_ASSIGN(const std::string lines, lines_of(flags));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::TextEmbedder embedder,
               apps::TextEmbedder::open(*engine, {.model = flags.model}));
  QUERN_ASSIGN(const store::VectorSpace space, apps::space_of(embedder, flags.model));
  const std::string path = place_of(flags, lines, space);
  ThreadPool pool(thread_count(engine_flags));
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    QUERN_TRY(train_demo(flags, lines, path, embedder, pool));
  }
  QUERN_ASSIGN(const auto file, apps::PredictorFile::open(path));
  QUERN_ASSIGN(const auto cache, dialogue_cache_of(engine_flags.cache, engine->ledger()));
  QUERN_ASSIGN(
      const apps::NextTurnService service,
      apps::NextTurnService::make(
          {.file = file.get(), .embedder = &embedder, .pool = &pool, .cache = cache.get()}));
  if (!flags.quiet) {
    print_note(fmt::format(
        "It understands nothing: of {} sentences it says the one that is likeliest to come next.\n"
        "In brackets: how near that is, 1 at most. Its predictor: {}\n",
        file->n_candidates(), path));
  }
  DemoTalk talk(service);
  if (!flags.messages.empty()) return say_to_it(flags.messages, talk);
  return talk_in_lines(talk, ::isatty(STDIN_FILENO) == 1);
}

}  // namespace

void add_dialogue_demo(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<DemoFlags>();
  CLI::App* command =
      parent.add_subcommand("demo", "Talk to a predictor that is trained on the spot");
  command->footer(kExamples);
  command
      ->add_option("--message", flags->messages,
                   "Something that is said to it; again for what is said next")
      ->type_name("TEXT")
      ->expected(1)
      ->take_all()
      ->check(empty_problem);
  command->add_option("--texts", flags->texts, "Dialogues to train on in place of the samples")
      ->type_name("FILE")
      ->check(empty_problem);
  add_predictor_flags(*command, flags->predictor);
  add_dialogue_model_flag(*command, flags->model);
  command->add_flag("-q,--quiet", flags->quiet, "Answers alone");
  add_origin_flags(*command, flags->origin,
                   "Of no effect in a conversation, whose turns come one by one");
  add_vector_log_flag(*command, flags->log);
  add_cache_flags(*command, context.engine.cache);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(demonstrate(*flags, context.engine));
  });
}

}  // namespace quern::cli
