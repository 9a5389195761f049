// quern dialogue predict: what comes next in dialogues, from lines of JSON or from the keyboard.

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/dialogue_answers.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_flags.h"
#include "cli/dialogue_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/ready_lines.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Lines of standard input: {"turns": [...]}, a dialogue so far; or {"conversation": id, "speaker", "text"},
one more turn of a conversation that is remembered; {"conversation": id, "fork": other} begins one as the
other is. Each gives a line: {"predictions": [{"text", "score"}], "confidence"}. With --state conversations
go on where an earlier run left them ('quern dialogue state' looks after them). On a terminal what you type
is answered by the best candidate.

Dialogues that have come are answered together, in their order; a line whose answer is waited for is
answered at once. What was predicted, and the states after the beginnings of dialogues, are kept in memory:
the answers are the same without.

Examples:
  quern dialogue predict talks.qdp
  quern dialogue predict talks.qdp --top 3 --stats < conversations.jsonl
  quern dialogue predict talks.qdp --state talks.state < more.jsonl)";

struct PredictFlags {
  std::string file;
  std::string model;
  std::string state;
  std::uint32_t top = 5;
  OriginFlags origin;
  bool wants_stats = false;
};

Result<int> predict(const PredictFlags& flags, const EngineFlags& engine_flags) {
  using Caching = DialogueSession::Caching;
  std::optional<ConversationBook> book;
  if (!flags.state.empty()) {
    QUERN_ASSIGN(book, ConversationBook::open(flags.state));
  }
  QUERN_ASSIGN(const auto session,
               DialogueSession::open(flags.file, flags.model, engine_flags,
                                     flags.origin.is_legacy ? Caching::kOff : Caching::kOn));
  if (book) QUERN_TRY(session->take(book->file()).in("'" + flags.state + "'"));
  const apps::NextAsk ask = {.n_wanted = flags.top};
  int n_failed = 0;
  if (::isatty(STDIN_FILENO) == 1) {
    QUERN_TRY(converse(*session, "you", ask));
  } else {
    ReadyLines lines(STDIN_FILENO, apps::kMaxDialogueBytes);
    QUERN_ASSIGN(n_failed, answer_dialogues(
                               lines, {.service = &session->service(),
                                       .conversations = &session->conversations(),
                                       .ask = ask,
                                       .batch_size = static_cast<std::size_t>(
                                           flags.origin.is_legacy ? 1 : flags.origin.batch_size)}));
  }
  if (book) {
    QUERN_ASSIGN(book->file(), session->give());
    QUERN_TRY(book->save());
  }
  if (flags.wants_stats) print_note(session->stats_json() + '\n');
  return n_failed;
}

}  // namespace

void add_dialogue_predict(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<PredictFlags>();
  CLI::App* command = parent.add_subcommand("predict", "What comes next in dialogues");
  command->footer(kExamples);
  command->add_option("FILE", flags->file, "The predictor")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->add_option("--top", flags->top, "Candidates that are given (5)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--state", flags->state,
                   "Conversations are read from it, where it is there, and kept in it at the end")
      ->type_name("FILE");
  command->add_option("--model", flags->model, "Where the model is now that embeds for it")
      ->type_name("MODEL");
  add_origin_flags(*command, flags->origin,
                   "Dialogues of those that have come that are answered together (32)");
  command->add_flag("--stats", flags->wants_stats,
                    "In the end, what the caches did: a line of JSON on standard error");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_cache_flags(*command, context.engine.cache);
  command->callback([flags, &context] {
    watch_interrupts();
    const Result<int> n_failed = predict(*flags, context.engine);
    context.exit_code = !n_failed.ok()  ? fail(n_failed.status())
                        : *n_failed > 0 ? kExitSomeFailed
                                        : kExitOk;
  });
}

}  // namespace quern::cli
