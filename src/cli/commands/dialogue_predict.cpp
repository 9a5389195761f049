// quern dialogue predict: what comes next in dialogues, from lines of JSON or from the keyboard.

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "apps/claims/bounded_lines.h"
#include "apps/dialogue/next_turns.h"
#include "base/mapped_file.h"
#include "cli/dialogue_commands.h"
#include "cli/dialogue_input.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/line_editor.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Lines of standard input: {"turns": [...]}, a dialogue so far; or {"conversation": id, "speaker", "text"},
one more turn of a conversation that is remembered; {"conversation": id, "fork": other} begins one as the
other is. Each gives a line: {"predictions": [{"text", "score"}], "confidence"}. With --state conversations
go on where an earlier run left them. On a terminal what you type is answered by the best candidate.

Examples:
  quern dialogue predict talks.qdp
  quern dialogue predict talks.qdp --top 3 < conversations.jsonl
  quern dialogue predict talks.qdp --state talks.state < more.jsonl)";

constexpr std::size_t kMaxStateBytes = std::size_t{4} << 30;

struct PredictFlags {
  std::string file;
  std::string model;
  std::string state;
  std::uint32_t top = 5;
};

// {"turns"} or one turn; its answer as a line.
Result<std::string> answer(apps::NextTurnService& service, std::string_view line) {
  if (line.find("\"turns\"") != std::string_view::npos) {
    QUERN_ASSIGN(const apps::Dialogue dialogue, apps::dialogue_from_json(line));
    std::string id;
    if (!dialogue.id.empty()) {
      id = "\"id\":";
      append_json_string(dialogue.id, id);
      id += ',';
    }
    QUERN_ASSIGN(const apps::NextTurns next, service.after(dialogue));
    return apps::json_from_next(next, id);
  }
  QUERN_ASSIGN(const apps::Said said, apps::said_from_json(line));
  QUERN_ASSIGN(const std::optional<apps::NextTurns> next, service.hear(said));
  std::string name = "\"conversation\":";
  append_json_string(said.conversation, name);
  return next ? apps::json_from_next(*next, name + ',') : "{" + name + ",\"forked\":true}";
}

Status answer_lines(apps::NextTurnService& service, int& n_failed) {
  OutputFile out = OutputFile::standard_output();
  apps::BoundedLines lines(std::cin, apps::kMaxDialogueBytes);
  while (!is_interrupted()) {
    QUERN_ASSIGN(const auto line, lines.next());
    if (!line) break;
    if (!line->is_too_long && line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Result<std::string> answered =
        line->is_too_long
            ? Result<std::string>(
                  Status(Code::kTooLarge, fmt::format("a line of {} bytes, at most "
                                                      "{} are read",
                                                      line->n_bytes, apps::kMaxDialogueBytes)))
            : answer(service, line->text);
    std::string json;
    if (answered.ok()) {
      json = *answered;
    } else {
      ++n_failed;
      json = fmt::format("{{\"line\":{}", line->n_line);
      append_json_error(answered.status(), json);
      json += '}';
    }
    QUERN_TRY(out.write(json + '\n'));
    QUERN_TRY(out.flush());
  }
  return out.commit();
}

// What is typed, and the best candidate as what the other says, which is heard in turn.
Status converse(apps::NextTurnService& service) {
  LineEditor editor;
  while (const std::optional<std::string> line = editor.read("you> ")) {
    if (line->find_first_not_of(" \t") == std::string::npos) continue;
    apps::Said said = {
        .conversation = "you", .fork = {}, .turn = {.speaker = "you", .text = *line}};
    const auto next = service.hear(said);
    if (!next.ok()) {
      print_error(next.status().message());
      continue;
    }
    std::string shown;
    for (const apps::NextTurn& turn : (*next)->turns) {
      shown += fmt::format("{:.3f}  {}\n", turn.score, in_one_line(turn.text));
    }
    print_note(fmt::format("{}confidence {:.2f}\n", shown, (*next)->confidence));
    if ((*next)->turns.empty()) continue;
    said.turn = {.speaker = "quern", .text = (*next)->turns[0].text};
    QUERN_TRY(service.hear(said).status());
  }
  return {};
}

Status restore(apps::NextTurnService& service, const std::string& path) {
  std::error_code error;
  if (path.empty() || !std::filesystem::exists(path, error)) return {};
  QUERN_ASSIGN(const std::string states, read_file(path, kMaxStateBytes));
  return service.restore(states).in(path);
}

Status save(const apps::NextTurnService& service, const std::string& path) {
  if (path.empty()) return {};
  QUERN_ASSIGN(OutputFile out, OutputFile::create(path));
  QUERN_TRY(out.write(service.states()));
  return out.commit();
}

Result<int> predict(const PredictFlags& flags, const EngineFlags& engine_flags) {
  QUERN_ASSIGN(const auto file, apps::PredictorFile::open(flags.file));
  QUERN_ASSIGN(const auto engine, open_engine(engine_flags));
  QUERN_ASSIGN(const apps::TextEmbedder embedder, file->embedder(*engine, flags.model));
  ThreadPool pool(thread_count(engine_flags));
  QUERN_ASSIGN(apps::NextTurnService service,
               apps::NextTurnService::make(*file, embedder, pool, flags.top));
  QUERN_TRY(restore(service, flags.state));
  int n_failed = 0;
  QUERN_TRY(::isatty(STDIN_FILENO) == 1 ? converse(service) : answer_lines(service, n_failed));
  QUERN_TRY(save(service, flags.state));
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
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback([flags, &context] {
    watch_interrupts();
    const Result<int> n_failed = predict(*flags, context.engine);
    context.exit_code = !n_failed.ok()  ? fail(n_failed.status())
                        : *n_failed > 0 ? kExitSomeFailed
                                        : kExitOk;
  });
}

}  // namespace quern::cli
