// quern papers ask: a question answered from a library.

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/entailment.h"
#include "apps/json_document.h"
#include "apps/papers/answer_cache.h"
#include "apps/papers/paper_answer.h"
#include "cli/answer_flags.h"
#include "cli/claims_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/papers_commands.h"
#include "cli/papers_session.h"
#include "cli/question_lines.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(The answer is made of sentences of the papers, each with its source. With --writer a model writes it from
these; then an entailment (NLI) model says of each sentence whether its source says so, and what it does not
say gives way to its words. "papers since 2015 about ..." and the like are understood as filters.

Examples:
  quern papers ask ~/library "How do taggers deal with unknown words?"
  quern papers ask ~/library "sentence compression, papers before 2005" --format bibtex
  quern papers ask ~/library "How is translation evaluated?" --profile fast --format json
  quern papers ask ~/library "How is translation evaluated?" --writer http://127.0.0.1:8090 --writer-model M)";

struct AskFlags {
  std::string folder;
  std::string question;
  std::string questions;  // A file of them.
  std::string format = "text";
  bool extractive = false;
  AnswerFlags answer;
  bool stages = false;
  PaperFilterFlags filter;
};

/// Nothing for "none". Without a writer every sentence stands in its quote as it is, and nobody is
/// asked: then only a model that was named is opened.
Result<std::optional<apps::Entailment>> open_entailment(engine::Engine& engine,
                                                        const AnswerFlags& flags) {
  if (flags.writer.writer.empty() && flags.nli.empty()) return std::optional<apps::Entailment>();
  const std::string model = checking_model(flags);
  if (model.empty()) {
    if (flags.nli.empty()) {
      print_note(fmt::format("sentences are not checked: the model '{}' is not installed\n",
                             kDefaultNliModel));
    }
    return std::optional<apps::Entailment>();
  }
  QUERN_ASSIGN(apps::Entailment opened, apps::Entailment::open(engine, model));
  return std::optional(std::move(opened));
}

/// Answers questions and writes what it finds.
class PaperAsking {
 public:
  static Result<std::unique_ptr<PaperAsking>> open(const AskFlags& flags,
                                                   const EngineFlags& engine_flags) {
    auto out = std::unique_ptr<PaperAsking>(new PaperAsking(flags));
    apps::AnswerAsk& ask = out->ask_;
    QUERN_ASSIGN(ask.profile, answer_profile(flags.answer));
    QUERN_ASSIGN(ask.filter, paper_filter_of(flags.filter));
    ask.rerank_model = flags.answer.rerank;
    QUERN_ASSIGN(out->session_, PapersSession::open(flags.folder, engine_flags, WithEngine::kYes));
    QUERN_ASSIGN(out->entailment_, open_entailment(*out->session_->engine(), flags.answer));
    QUERN_ASSIGN(out->writer_, open_writer(*out->session_->engine(), flags.answer.writer));
    QUERN_ASSIGN(const std::size_t n_kept, answer_cache_bytes(flags.answer));
    if (n_kept > 0) out->cache_.emplace(out->session_->engine()->ledger(), n_kept);
    return out;
  }

  Status answer(const apps::QueryLine& question) {
    apps::AnswerParts parts{.library = &session_->library(),
                            .engine = session_->engine(),
                            .entailment = entailment_ ? &*entailment_ : nullptr};
    parts.writer = writer_;
    parts.cache = cache_ ? &*cache_ : nullptr;
    parts.is_stopped = [] { return is_interrupted(); };
    n_shown_ = 0;
    Status shown;
    if (flags_.format == "text") {
      parts.on_stage = [&](const apps::PaperAnswer& so_far) {
        if (shown.ok()) shown = show(so_far);
      };
    }
    ask_.question = question.text;
    QUERN_ASSIGN(const apps::PaperAnswer answer, apps::answer_question(parts, ask_));
    QUERN_TRY(shown);
    QUERN_TRY(out_.write(text_of(question.id, answer)));
    if (flags_.stages) tell(answer);
    return out_.flush();
  }

  Status finish() { return out_.commit(); }

 private:
  explicit PaperAsking(const AskFlags& flags) : flags_(flags) {}

  /// Sections as they come.
  Status show(const apps::PaperAnswer& so_far) {
    if (so_far.sections.size() == n_shown_) return {};
    if (n_shown_ == 0) QUERN_TRY(out_.write(apps::markdown_from_title(so_far)));
    for (; n_shown_ < so_far.sections.size(); ++n_shown_) {
      QUERN_TRY(out_.write(apps::markdown_from_section(so_far.sections[n_shown_])));
    }
    return out_.flush();
  }

  /// What is not shown yet.
  std::string text_of(const std::string& id, const apps::PaperAnswer& answer) const {
    if (flags_.format == "bibtex") return apps::bibtex_from_answer(answer);
    if (flags_.format != "json") {
      const std::string title = n_shown_ == 0 ? apps::markdown_from_title(answer) : "";
      return title + apps::markdown_from_sources(answer);
    }
    std::string out = apps::json_from_answer(answer) + "\n";
    if (id.empty()) return out;
    std::string with_id = "{\"id\":";
    append_json_string(id, with_id);
    return with_id + "," + out.substr(1);
  }

  static void tell(const apps::PaperAnswer& answer) {
    for (const apps::AnswerStage& stage : answer.stages) {
      print_note(
          fmt::format("{:<10} {:>8.1f} ms  {}\n", stage.name, stage.ms, in_one_line(stage.said)));
    }
    print_note(fmt::format("{:<10} {:>8.1f} ms{}\n", "all", answer.total_ms,
                           answer.is_known ? "  answered before" : ""));
  }

  const AskFlags& flags_;
  apps::AnswerAsk ask_;
  std::unique_ptr<PapersSession> session_;
  std::optional<apps::Entailment> entailment_;
  apps::ReportWriter writer_;
  std::optional<apps::AnswerCache> cache_;
  std::size_t n_shown_ = 0;  // Sections of this answer.
  OutputFile out_ = OutputFile::standard_output();
};

Status ask(const AskFlags& flags, const EngineFlags& engine) {
  if (flags.question.empty() == flags.questions.empty()) {
    return {Code::kBadInput, "want a question, or --questions FILE"};
  }
  watch_interrupts();
  QUERN_ASSIGN(const auto asking, PaperAsking::open(flags, engine));
  if (flags.questions.empty()) {
    QUERN_TRY(asking->answer({.id = {}, .text = flags.question}));
  } else {
    QUERN_TRY(for_each_question(flags.questions, [&](const apps::QueryLine& question) {
      return asking->answer(question);
    }));
  }
  return asking->finish();
}

}  // namespace

void add_papers_ask(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<AskFlags>();
  CLI::App* command = parent.add_subcommand("ask", "Answer a question from a library");
  command->footer(kExamples);
  add_library_argument(*command, flags->folder);
  command->add_option("QUESTION", flags->question, "What is asked")->type_name("");
  command
      ->add_option("--questions", flags->questions,
                   "JSON lines: objects with \"id\" or \"_id\" and \"text\"")
      ->type_name("FILE");
  add_answer_flags(*command, flags->answer);
  command
      ->add_flag("--extractive", flags->extractive,
                 "Of sentences of papers alone: as without --writer")
      ->excludes(command->get_option("--writer"));
  command
      ->add_option("--format", flags->format,
                   "text: Markdown; json: a line a question; bibtex: the sources (text)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"text", "json", "bibtex"}));
  command->add_flag("--stages", flags->stages, "Say what each stage took and found");
  add_paper_filter_flags(*command, flags->filter);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(ask(*flags, context.engine)); });
}

}  // namespace quern::cli
