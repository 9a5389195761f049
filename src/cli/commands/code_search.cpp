// quern code search: one question to a tree's index, or a file of them.

#include "apps/code/code_search.h"

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/code/code_pattern.h"
#include "apps/json_document.h"
#include "base/machine.h"
#include "cli/bold.h"
#include "cli/code_lines.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/store_vectors.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(A question in words, or a name: "how are retries limited", parse_flags, "Mux.Handle". The index is brought
up to date first; where there is none, it is made, and words and names answer at once.
Ends with 0 where something was found, with 1 where nothing was, with 2 and more for errors.

Examples:
  quern code search "where are requests retried"
  quern code search GsonBuilder --symbol
  quern code search "parse flags" --lang cpp --path src/ --limit 3
  quern code search --queries questions.jsonl > answers.jsonl)";

struct SearchFlags {
  CodeFlags code;
  std::string question;
  std::string queries;
  std::uint32_t limit = 10;
  std::vector<std::string> paths, languages, kinds, roles;
  bool symbol = false;
  std::vector<std::string> filetypes;  // Extensions.
  std::optional<double> threshold;     // Of the cosine.
  std::string output;                  // "text" or "json".
  std::string regex;
  bool ignore_case = false;
  std::string mode;
  std::string weights;
  bool json = false;
  bool explain = false;
  int context = 6;  // Lines of each hit that are shown.
};

class Search {
 public:
  Search(const SearchFlags& flags, const EngineFlags& engine) : flags_(flags), engine_(engine) {}

  Status open() {
    ask_.n_wanted = flags_.limit;
    ask_.paths = flags_.paths;
    ask_.languages = flags_.languages;
    ask_.kinds = flags_.kinds;
    ask_.roles = flags_.roles;
    ask_.only_definitions = flags_.symbol;
    ask_.least_cosine = flags_.threshold;
    QUERN_ASSIGN(ask_.weights, apps::weights_from_text(flags_.weights).in("--weights"));
    ask_.extensions = flags_.filetypes;
    if (!flags_.mode.empty()) {
      QUERN_ASSIGN(ask_.mode, store::mode_from_name(flags_.mode).in("--mode"));
    }
    const auto vectors = flags_.mode == "bm25" ? CodeVectors::kNotWanted : CodeVectors::kWanted;
    QUERN_ASSIGN(reader_, CodeReader::open(flags_.code, engine_, vectors));
    ask_.below = reader_->below();
    return {};
  }

  /// Whether something was found.
  Result<bool> answer(const std::string& question) {
    ask_.question = question;
    QUERN_ASSIGN(const apps::CodeAnswer answer,
                 reader_->searcher().search(reader_->snapshot(), ask_));
    std::string text;
    if (!flags_.queries.empty()) {
      append_code_query_json(question, answer, text);
    } else if (flags_.json) {
      for (const apps::CodeHit& hit : answer.hits) {
        append_code_hit_json(hit, answer, flags_.explain, text);
        text += '\n';
      }
    } else {
      append_code_hits(answer,
                       {.n_lines = flags_.context,
                        .is_bold = output_shows_bold(),
                        .is_explained = flags_.explain},
                       text);
    }
    OutputFile out = OutputFile::standard_output();
    QUERN_TRY(out.write(text));
    QUERN_TRY(out.commit());
    tell(answer);
    return !answer.hits.empty();
  }

  /// In the place of an answer.
  static Status refuse(const std::string& question, const Status& why) {
    std::string text;
    append_code_refusal_json(question, why, text);
    OutputFile out = OutputFile::standard_output();
    QUERN_TRY(out.write(text));
    return out.commit();
  }

 private:
  void tell(const apps::CodeAnswer& answer) {
    for (const std::string& damaged : answer.damaged) print_error(damaged);
    if (flags_.code.quiet) return;
    if (answer.hits.empty()) {
      print_note(fmt::format("nothing found in {}: {}\n", reader_->place().root, answer.why_empty));
    }
    if (has_told_ || flags_.json || !flags_.queries.empty()) return;
    has_told_ = true;
    if (!answer.why_no_vectors.empty() && reader_->snapshot()->active_space() != nullptr &&
        flags_.mode.empty()) {
      print_note(fmt::format("by words and names alone: {}\n", answer.why_no_vectors));
    } else if (answer.n_without_vector > 0) {
      print_note(fmt::format("{} pieces have no vector yet: 'quern code index' makes them\n",
                             answer.n_without_vector));
    }
  }

  const SearchFlags& flags_;
  const EngineFlags& engine_;
  apps::CodeAsk ask_;
  std::unique_ptr<CodeReader> reader_;
  bool has_told_ = false;
};

Result<bool> answer_all(const std::string& path, Search& search) {
  std::ifstream file(path);
  if (!file) return {Code::kNotFound, fmt::format("cannot open '{}'", path)};
  bool is_any = false;
  Status refused;  // The first one.
  std::string line;
  for (std::size_t n_line = 1; std::getline(file, line); ++n_line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = fmt::format("{} line {}", path, n_line);
    const Result<std::string> question = code_question_from_line(line);
    Result<bool> is_found = question.ok() ? search.answer(*question) : question.status();
    if (!is_found.ok()) {
      // One that is refused does not hold up the others.
      if (is_found.status().code() != Code::kBadInput) return is_found.status().in(where);
      refused = refused.ok() ? is_found.status().in(where) : refused;
      QUERN_TRY(search.refuse(question.ok() ? *question : "", is_found.status()));
      continue;
    }
    is_any = is_any || *is_found;
  }
  if (!refused.ok()) return refused;
  return is_any;
}

/// Lines that match, in order of their files. Whether there are any.
Result<bool> search_pattern(const SearchFlags& flags, const EngineFlags& engine) {
  QUERN_ASSIGN(const auto reader, CodeReader::open(flags.code, engine, CodeVectors::kNotWanted));
  QUERN_ASSIGN(const apps::CodeMatches found,
               apps::search_code_pattern(reader->snapshot(), {.pattern = flags.regex,
                                                              .ignores_case = flags.ignore_case,
                                                              .n_wanted = flags.limit,
                                                              .languages = flags.languages,
                                                              .kinds = flags.kinds,
                                                              .roles = flags.roles,
                                                              .paths = flags.paths,
                                                              .extensions = flags.filetypes,
                                                              .below = reader->below()}));
  std::string text;
  for (const apps::CodeMatch& match : found.matches) {
    flags.json ? append_code_match_json(match, text) : append_code_match(match, text);
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  if (!flags.code.quiet) {
    for (const std::string& note : found.notes) print_note(note + "\n");
  }
  return !found.matches.empty();
}

int run(SearchFlags flags, const EngineFlags& engine) {
  watch_interrupts();
  if (flags.output == "json") flags.json = true;
  if (!flags.regex.empty()) {
    // The first name is no question then, but the tree.
    if (flags.code.path.empty()) flags.code.path = std::exchange(flags.question, "");
    const Result<bool> is_found = search_pattern(flags, engine);
    if (!is_found.ok()) return fail(is_found.status());
    return *is_found ? kExitOk : kExitNothingFound;
  }
  if (!flags.queries.empty() && flags.code.path.empty()) {
    flags.code.path = std::exchange(flags.question, "");
  }
  if (flags.question.empty() == flags.queries.empty()) {
    return fail({Code::kBadInput, "want a question, --queries FILE or --regex PATTERN"});
  }
  Search search(flags, engine);
  if (const Status opened = search.open(); !opened.ok()) return fail(opened);
  const Result<bool> is_found =
      flags.queries.empty() ? search.answer(flags.question) : answer_all(flags.queries, search);
  if (!is_found.ok()) return fail(is_found.status());
  return *is_found ? kExitOk : kExitNothingFound;
}

}  // namespace

void add_code_search(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* command = parent.add_subcommand("search", "Ask a tree's index");
  command->footer(kExamples);
  command->add_option("QUESTION", flags->question, "In words, or a name")->type_name("");
  command
      ->add_option("ROOT,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  command
      ->add_option("--queries", flags->queries,
                   "Many questions: JSON lines with \"query\"; answers are JSON lines, too")
      ->type_name("FILE");
  command->add_option("-k,--limit,--top-k,--topk", flags->limit, "Most hits (10)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u));
  command
      ->add_option("-g,--path,--glob,--filter", flags->paths,
                   "Only files that this matches, as a line of .gitignore would")
      ->type_name("GLOB")
      ->check(empty_problem);
  command->add_option("-t,--lang,--type", flags->languages, "Only this language")
      ->type_name("LANG");
  command->add_option("--filetype", flags->filetypes, "Only files with this extension, as in .py")
      ->type_name("EXT")
      ->check(empty_problem);
  command
      ->add_option("--threshold", flags->threshold,
                   "Only pieces whose vector has at least this cosine with the question's")
      ->type_name("X")
      ->check(CLI::Range(-1.0, 1.0));
  command->add_option("--output", flags->output, "text, or json as --json")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--kind", flags->kinds, "Only function, method, class, ...")
      ->type_name("KIND");
  command->add_option("--role", flags->roles, "Only code, test, example, docs, config, ...")
      ->type_name("ROLE");
  command->add_flag("--symbol", flags->symbol, "Only definitions of the name");
  CLI::Option* regex =
      command
          ->add_option("--regex", flags->regex,
                       "Lines that match, in order of their files, in place of a question")
          ->type_name("PATTERN")
          ->check(empty_problem);
  for (const char* other : {"--queries", "--symbol"}) regex->excludes(command->get_option(other));
  command->add_flag("-i,--ignore-case", flags->ignore_case, "Of a pattern: letters without case")
      ->needs(regex);
  command->add_option("--mode", flags->mode, "bm25, dense or hybrid (where there are vectors)")
      ->type_name("MODE");
  command->add_option("-C,--context", flags->context, "Lines of each hit to show (6)")
      ->type_name("N")
      ->check(CLI::Range(0, 100000));
  command->add_flag("--json", flags->json, "One object per hit and line");
  command->add_flag("--explain", flags->explain, "What made each score");
  for (const char* other : {"--mode", "--explain", "--context"}) {
    regex->excludes(command->get_option(other));
  }
  command
      ->add_option("--weights", flags->weights,
                   "Other weights of the order, as in coherence=0,test=1\n(docs/code_search.md)")
      ->type_name("NAME=X,...");
  add_no_update_flag(*command, flags->code);
  add_code_flags(*command, flags->code);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = run(*flags, context.engine); });
}

}  // namespace quern::cli
