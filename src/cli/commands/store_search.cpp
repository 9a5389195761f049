// quern store search: one question, or a file of them.

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output_file.h"
#include "cli/store_lines.h"
#include "store/store.h"
#include "store/text_search.h"

namespace quern::cli {
namespace {

struct SearchFlags {
  std::string folder;
  std::string question;
  std::string queries;  // A file of them.
  std::uint32_t top = 10;
  std::string filter;
  bool operators = false;
  bool json = false;
  std::string run;  // A file, or "-".
};

/// Searches one state of a store and writes what it finds.
class Search {
 public:
  static Result<Search> open(const SearchFlags& flags) {
    QUERN_ASSIGN(const auto opened, store::Store::open({.folder = flags.folder}));
    QUERN_ASSIGN(store::Snapshot snapshot, opened->snapshot());
    QUERN_ASSIGN(store::TextSearcher searcher, store::TextSearcher::create(opened->schema()));
    std::optional<store::Filter> filter;
    if (!flags.filter.empty()) {
      QUERN_ASSIGN(filter,
                   store::parse_filter(flags.filter, opened->schema().attributes).in("--filter"));
    }
    for (const Status& damaged : snapshot->damaged()) print_error(damaged.message());
    OutputFile out = OutputFile::standard_output();
    if (flags.run.empty() || flags.run == "-") {
      return Search(flags, std::move(snapshot), std::move(searcher), std::move(filter),
                    std::move(out));
    }
    QUERN_ASSIGN(OutputFile file, OutputFile::create(flags.run));
    return Search(flags, std::move(snapshot), std::move(searcher), std::move(filter),
                  std::move(file));
  }

  Status answer(const QueryLine& query) {
    const auto start = std::chrono::steady_clock::now();
    store::TextSearch wanted = {.text = query.text, .n_wanted = flags_.top};
    wanted.filter = filter_;
    if (flags_.operators) wanted.syntax = store::QuerySyntax::kOperators;
    if (!flags_.run.empty()) wanted.give = store::Give::kKeysOnly;
    QUERN_ASSIGN(const store::TextSearchResult result, searcher_.search(*snapshot_, wanted));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    std::string text;
    if (!flags_.run.empty()) {
      QUERN_TRY(append_run_lines(query.id, result.hits, text));
    } else if (flags_.json) {
      append_result_json(query, result, took.count(), text);
    } else {
      append_hit_lines(result.hits, text);
    }
    if (!result.why_empty.empty() && !flags_.json) {
      print_note(fmt::format("nothing found{}: {}\n",
                             query.id.empty() ? "" : fmt::format(" for {}", query.id),
                             result.why_empty));
    }
    return out_.write(text);
  }

  Status finish() { return out_.commit(); }

 private:
  Search(SearchFlags flags, store::Snapshot snapshot, store::TextSearcher searcher,
         std::optional<store::Filter> filter, OutputFile out)
      : flags_(std::move(flags)),
        snapshot_(std::move(snapshot)),
        searcher_(std::move(searcher)),
        filter_(std::move(filter)),
        out_(std::move(out)) {}

  SearchFlags flags_;
  store::Snapshot snapshot_;
  store::TextSearcher searcher_;
  std::optional<store::Filter> filter_;
  OutputFile out_;
};

Status answer_all(const std::string& path, Search& search) {
  std::ifstream file(path);
  if (!file) return {Code::kNotFound, fmt::format("cannot open '{}'", path)};
  std::string line;
  for (std::size_t n_line = 1; std::getline(file, line); ++n_line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = fmt::format("{} line {}", path, n_line);
    QUERN_ASSIGN(const QueryLine query, query_from_line(line).in(where));
    QUERN_TRY(search.answer(query).in(where));
  }
  return {};
}

Status search(const SearchFlags& flags) {
  if (flags.question.empty() == flags.queries.empty()) {
    return {Code::kBadInput, "want a question, or --queries FILE"};
  }
  QUERN_ASSIGN(Search search, Search::open(flags));
  if (flags.queries.empty()) {
    QUERN_TRY(search.answer({.id = flags.run.empty() ? "" : "1", .text = flags.question}));
  } else {
    QUERN_TRY(answer_all(flags.queries, search));
  }
  return search.finish();
}

}  // namespace

void add_store_search(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* command = parent.add_subcommand("search", "Find the best documents for a question");
  command->add_option("DIR", flags->folder, "The store's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->add_option("QUESTION", flags->question, "What is looked for")->type_name("");
  command
      ->add_option("--queries", flags->queries,
                   "JSON lines: objects with \"id\" or \"_id\" and \"text\"")
      ->type_name("FILE");
  command->add_option("--top", flags->top, "So many documents (10)")
      ->type_name("N")
      ->check(CLI::Range(1u, 10000u));
  command
      ->add_option("--filter", flags->filter,
                   "Only documents whose attributes fit: 'year >= 2020 and lang = \"cpp\"'\n"
                   "(docs/filters.md)")
      ->type_name("FILTER");
  command->add_flag("--operators", flags->operators,
                    "+word must be there, -word must not, word* begins so,\n\"some words\" stand "
                    "together, \"some words\"~3 nearly");
  CLI::Option* json = command->add_flag("--json", flags->json, "One JSON object for each question");
  command->add_option("--run", flags->run, "Write a TREC run: query Q0 document rank score tag")
      ->type_name("FILE")
      ->excludes(json);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(search(*flags)); });
}

}  // namespace quern::cli
