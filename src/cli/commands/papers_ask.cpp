// quern papers ask: a question answered from a library.

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/entailment.h"
#include "apps/papers/paper_answer.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/papers_commands.h"
#include "cli/papers_session.h"
#include "hub/hub.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(The answer is made of sentences of the papers, each with its source; an entailment (NLI) model says of each
whether its source says so clearly. "papers since 2015 about ..." and the like are understood as filters.

Examples:
  quern papers ask ~/library "How do taggers deal with unknown words?"
  quern papers ask ~/library "sentence compression, papers before 2005" --format bibtex
  quern papers ask ~/library "How is translation evaluated?" --profile fast --format json)";

struct AskFlags {
  std::string folder;
  std::string question;
  std::string profile;  // "": as the environment says.
  std::string format = "text";
  std::string rerank;
  std::string nli;  // --check
  bool extractive = false;
  bool stages = false;
  PaperFilterFlags filter;
};

/// The entailment model: the flag's, or the usual one where it is installed; nothing for "none".
Result<std::optional<apps::Entailment>> open_entailment(engine::Engine& engine,
                                                        const std::string& flag) {
  if (flag == "none") return std::optional<apps::Entailment>();
  if (flag.empty() && !hub::Hub(hub::home_folder()).find(kDefaultNliModel).ok()) {
    print_note(fmt::format("sentences are not checked: the model '{}' is not installed\n",
                           kDefaultNliModel));
    return std::optional<apps::Entailment>();
  }
  QUERN_ASSIGN(apps::Entailment opened,
               apps::Entailment::open(engine, flag.empty() ? kDefaultNliModel : flag));
  return std::optional(std::move(opened));
}

std::string text_of(const apps::PaperAnswer& answer, const std::string& format) {
  if (format == "json") return apps::json_from_answer(answer) + "\n";
  if (format == "bibtex") return apps::bibtex_from_answer(answer);
  return apps::markdown_from_answer(answer);
}

Status ask(const AskFlags& flags, const EngineFlags& engine_flags) {
  watch_interrupts();
  apps::AnswerAsk ask;
  ask.question = flags.question;
  if (flags.profile.empty()) {
    QUERN_ASSIGN(ask.profile, apps::profile_of_environment());
  } else {
    QUERN_ASSIGN(ask.profile, apps::profile_named(flags.profile).in("--profile"));
  }
  QUERN_ASSIGN(ask.filter, paper_filter_of(flags.filter));
  ask.rerank_model = flags.rerank;
  QUERN_ASSIGN(const auto session,
               PapersSession::open(flags.folder, engine_flags, WithEngine::kYes));
  QUERN_ASSIGN(const std::optional<apps::Entailment> entailment,
               open_entailment(*session->engine(), flags.nli));
  apps::AnswerParts parts{.library = &session->library(),
                          .engine = session->engine(),
                          .entailment = entailment ? &*entailment : nullptr};
  parts.is_stopped = [] { return is_interrupted(); };
  QUERN_ASSIGN(const apps::PaperAnswer answer, apps::answer_from_quotes(parts, ask));
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text_of(answer, flags.format)));
  QUERN_TRY(out.commit());
  if (flags.stages) {
    for (const apps::AnswerStage& stage : answer.stages) {
      print_note(
          fmt::format("{:<10} {:>8.1f} ms  {}\n", stage.name, stage.ms, in_one_line(stage.said)));
    }
    print_note(fmt::format("{:<10} {:>8.1f} ms\n", "all", answer.total_ms));
  }
  return {};
}

}  // namespace

void add_papers_ask(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<AskFlags>();
  CLI::App* command = parent.add_subcommand("ask", "Answer a question from a library");
  command->footer(kExamples);
  add_library_argument(*command, flags->folder);
  command->add_option("QUESTION", flags->question, "What is asked")->type_name("")->required();
  command
      ->add_option(
          "--profile", flags->profile,
          "How much is read: gpu, fast or default (else as ASTA_GPU_PROFILE,\nFAST_PROFILE "
          "and the like say)")
      ->type_name("NAME");
  command->add_flag("--extractive", flags->extractive,
                    "Of sentences of papers alone: what is done anyway");
  command->add_option("--format", flags->format, "text: Markdown; json; bibtex: the sources (text)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"text", "json", "bibtex"}));
  command
      ->add_option("--rerank", flags->rerank,
                   "A cross-encoder that puts the passages into a better order")
      ->type_name("MODEL");
  command
      ->add_option(
          "--check", flags->nli,
          fmt::format("The NLI model that checks sentences; none: none does (default: {},\n"
                      "where it is installed)",
                      kDefaultNliModel))
      ->type_name("MODEL");
  command->add_flag("--stages", flags->stages, "Say what each stage took and found");
  add_paper_filter_flags(*command, flags->filter);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(ask(*flags, context.engine)); });
}

}  // namespace quern::cli
