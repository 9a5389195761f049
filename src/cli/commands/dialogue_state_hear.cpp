// quern dialogue state save, load: conversations of a file that hear turns.

#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "apps/dialogue/asked.h"
#include "base/mapped_file.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/ready_lines.h"

namespace quern::cli {
namespace {

struct HearFlags {
  std::string file;
  std::string predictor;
  std::string conversation;
  std::string texts;
  std::string model;
  std::uint32_t top = 5;
};

/// The predictor with one conversation of the file, where that is there.
Result<std::unique_ptr<DialogueSession>> open_with(const HearFlags& flags,
                                                   const apps::ConversationFile& file,
                                                   const EngineFlags& engine_flags) {
  QUERN_ASSIGN(auto session, DialogueSession::open(flags.predictor, flags.model, engine_flags,
                                                   DialogueSession::Caching::kOff));
  QUERN_TRY(apps::check_predictor(file, session->service().fingerprint()).in(flags.file));
  apps::ConversationFile one = {.predictor = file.predictor};
  if (const auto found = file.states.find(flags.conversation); found != file.states.end()) {
    one.states.insert(*found);
  }
  QUERN_TRY(session->take(one));
  return session;
}

/// Calls `fn` with the turns of each line, or with what is wrong with it. Errors: kNotFound, kIo;
/// kCancelled; those of `fn`.
using LineTurns = Result<std::vector<apps::Turn>>;
Status for_each_line(const std::string& path,
                     const std::function<Status(std::size_t n_line, const LineTurns& turns)>& fn) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      path == "-" ? nullptr : std::fopen(path.c_str(), "rbe"),
      [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  if (path != "-" && file == nullptr) {
    return {errno == ENOENT ? Code::kNotFound : Code::kIo,
            fmt::format("cannot read '{}': {}", path, errno_text(errno))};
  }
  ReadyLines lines(path == "-" ? STDIN_FILENO : ::fileno(file.get()), apps::kMaxDialogueBytes);
  while (true) {
    QUERN_ASSIGN(const auto line, lines.next());
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    if (!line) return {};
    if (!line->is_too_long && line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
    QUERN_TRY(fn(line->n_line, line->is_too_long ? LineTurns(Code::kTooLarge, "it is too long")
                                                 : apps::more_turns_from_json(line->text)));
  }
}

Status no_conversation(const HearFlags& flags) {
  return {Code::kNotFound,
          fmt::format("there is no conversation '{}' in '{}'", flags.conversation, flags.file)};
}

std::string answer_json(const HearFlags& flags, const apps::NextTurns& next) {
  std::string name = "\"conversation\":";
  append_json_string(flags.conversation, name);
  return apps::json_from_next(next, name + ',') + '\n';
}

// The turns of all lines follow one another; what comes next is said after the last. All or
// nothing.
Status save(const HearFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(ConversationBook book, ConversationBook::open(flags.file));
  QUERN_ASSIGN(const auto session, open_with(flags, book.file(), engine_flags));
  const apps::NextAsk ask = {.n_wanted = flags.top, .is_stopped = is_interrupted};
  std::optional<apps::NextTurns> next;
  const Status read =
      for_each_line(flags.texts, [&](std::size_t n_line, const LineTurns& turns) -> Status {
        const std::string where = fmt::format("line {}: nothing is kept", n_line);
        QUERN_TRY(turns.status().in(where));
        auto heard = session->conversations().hear(flags.conversation, *turns, ask);
        QUERN_TRY(heard.status().in(where));
        next = std::move(heard->next);
        return {};
      });
  QUERN_TRY(read);
  if (!next) return {Code::kBadInput, "there is no turn to hear"};
  QUERN_ASSIGN(const apps::ConversationState state,
               session->conversations().state(flags.conversation));
  book.file().predictor = session->service().fingerprint();
  book.file().states[flags.conversation] = apps::bytes_from_conversation(state);
  QUERN_TRY(book.save());
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(answer_json(flags, *next)));
  return out.commit();
}

// Each line goes on from the conversation as it was saved.
Result<int> load(const HearFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const apps::ConversationFile file, read_conversations(flags.file));
  if (!file.states.contains(flags.conversation)) return no_conversation(flags);
  QUERN_ASSIGN(const auto session, open_with(flags, file, engine_flags));
  const apps::NextAsk ask = {.n_wanted = flags.top, .is_stopped = is_interrupted};
  if (flags.texts == "-" && ::isatty(STDIN_FILENO) == 1) {
    QUERN_TRY(converse(*session, flags.conversation, ask));
    return 0;
  }
  OutputFile out = OutputFile::standard_output();
  int n_failed = 0;
  const Status read =
      for_each_line(flags.texts, [&](std::size_t n_line, const LineTurns& turns) -> Status {
        Status status = turns.status();
        if (status.ok()) {
          const auto heard = session->conversations().if_heard(flags.conversation, *turns, ask);
          status = heard.status();
          if (heard.ok()) QUERN_TRY(out.write(answer_json(flags, heard->next)));
        }
        if (!status.ok()) {
          ++n_failed;
          std::string json = fmt::format("{{\"line\":{}", n_line);
          append_json_error(status, json);
          QUERN_TRY(out.write(json + "}\n"));
        }
        return out.flush();
      });
  QUERN_TRY(read);
  QUERN_TRY(out.commit());
  return n_failed;
}

CLI::App* add_hearing(CLI::App& parent, const char* name, const char* what, HearFlags& flags,
                      Context& context) {
  CLI::App* command = parent.add_subcommand(name, what);
  add_conversation_file(*command, flags.file);
  command->add_option("--predictor", flags.predictor, "The predictor's file")
      ->type_name("FILE")
      ->required()
      ->check(empty_problem);
  command->add_option("--conversation", flags.conversation, "Its name")
      ->type_name("NAME")
      ->required()
      ->check(empty_problem);
  command->add_option("--top", flags.top, "Candidates that are given (5)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_option("--model", flags.model, "Where the model is now that embeds for it")
      ->type_name("MODEL");
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  return command;
}

}  // namespace

void add_dialogue_state_save(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<HearFlags>();
  CLI::App* command = add_hearing(
      parent, "save", "Hear turns, and keep the conversation that they begin or go on with", *flags,
      context);
  command->add_option("--texts", flags->texts, "The turns: a dialogue; - for standard input")
      ->type_name("FILE")
      ->required()
      ->check(empty_problem);
  command->callback([flags, &context] {
    watch_interrupts();
    context.exit_code = fail_or_ok(save(*flags, context.engine));
  });
}

void add_dialogue_state_load(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<HearFlags>();
  flags->texts = "-";
  CLI::App* command = add_hearing(
      parent, "load", "What comes next when a conversation goes on; the file stays as it is",
      *flags, context);
  command
      ->add_option("--texts", flags->texts,
                   "Dialogues, each of which it goes on with by itself (standard input; on a\n"
                   "terminal: what you type)")
      ->type_name("FILE")
      ->check(empty_problem);
  command->callback([flags, &context] {
    watch_interrupts();
    const Result<int> n_failed = load(*flags, context.engine);
    context.exit_code = !n_failed.ok()  ? fail(n_failed.status())
                        : *n_failed > 0 ? kExitSomeFailed
                                        : kExitOk;
  });
}

}  // namespace quern::cli
