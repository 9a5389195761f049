// quern store search: one question, or a file of them.

#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/bold.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/hit_highlights.h"
#include "cli/output_file.h"
#include "cli/pattern_lines.h"
#include "cli/store_lines.h"
#include "store/grouped_search.h"
#include "store/pattern_search.h"
#include "store/store.h"
#include "store/text_search.h"

namespace quern::cli {
namespace {

struct SearchFlags {
  std::string folder;
  std::string question;
  std::string queries;  // A file of them.
  std::uint32_t top = 10;
  std::uint32_t group = 0;  // Children of each parent; 0: hits one by one.
  std::string filter;
  std::vector<std::string> counts;  // Attributes whose values are counted.
  bool operators = false;
  bool json = false;
  std::string run;  // A file, or "-".
  std::string regex;
  std::string substring;
  bool ignore_case = false;
  double seconds = 10;  // That a pattern may take.
};

Result<OutputFile> open_output(const SearchFlags& flags) {
  if (flags.run.empty() || flags.run == "-") return OutputFile::standard_output();
  return OutputFile::create(flags.run);
}

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
    std::vector<store::Attribute> counted;
    for (const std::string& name : flags.counts) {
      QUERN_ASSIGN(counted.emplace_back(), attribute_named(opened->schema(), name).in("--counts"));
    }
    for (const Status& damaged : snapshot->damaged()) print_error(damaged.message());
    QUERN_ASSIGN(OutputFile out, open_output(flags));
    QUERN_ASSIGN(HitHighlights highlights,
                 HitHighlights::create(opened->schema(), *snapshot, output_shows_bold()));
    Search search(flags, std::move(snapshot), std::move(searcher), std::move(highlights),
                  std::move(out));
    search.filter_ = std::move(filter);
    search.counted_ = std::move(counted);
    return search;
  }

  Status answer(const QueryLine& query) {
    const auto start = std::chrono::steady_clock::now();
    store::TextSearch wanted = {.text = query.text, .n_wanted = flags_.top};
    wanted.filter = filter_;
    if (flags_.operators) wanted.syntax = store::QuerySyntax::kOperators;
    QUERN_TRY(highlights_.set_question(wanted.text, wanted.syntax));
    if (!flags_.run.empty() || flags_.group > 0) wanted.give = store::Give::kKeysOnly;
    QUERN_ASSIGN(const std::vector<AttributeCounts> counts, count(wanted));
    if (flags_.group > 0) return answer_with_groups(query, wanted, counts, start);
    QUERN_ASSIGN(const store::TextSearchResult result, searcher_.search(*snapshot_, wanted));
    std::string text;
    if (!flags_.run.empty()) {
      QUERN_TRY(append_run_lines(query.id, result.hits, text));
    } else if (flags_.json) {
      append_result_json(query, result, counts, &highlights_, ms_since(start), text);
    } else {
      append_hit_lines(result.hits, &highlights_, text);
      append_count_lines(counts, text);
    }
    note_why_empty(query, result.why_empty);
    return out_.write(text);
  }

  Status finish() { return out_.commit(); }

 private:
  Search(SearchFlags flags, store::Snapshot snapshot, store::TextSearcher searcher,
         HitHighlights highlights, OutputFile out)
      : flags_(std::move(flags)),
        snapshot_(std::move(snapshot)),
        searcher_(std::move(searcher)),
        highlights_(std::move(highlights)),
        out_(std::move(out)) {}

  using Time = std::chrono::steady_clock::time_point;

  static double ms_since(Time start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  }

  Result<std::vector<AttributeCounts>> count(const store::TextSearch& wanted) {
    std::vector<AttributeCounts> out;
    for (const store::Attribute& attribute : counted_) {
      QUERN_ASSIGN(auto counts, searcher_.count_values(*snapshot_, wanted, attribute.name));
      out.push_back({.attribute = attribute, .counts = std::move(counts)});
    }
    return out;
  }

  Status answer_with_groups(const QueryLine& query, store::TextSearch wanted,
                            const std::vector<AttributeCounts>& counts, Time start) {
    const auto search = [&](std::uint32_t n_wanted) {
      wanted.n_wanted = n_wanted;
      return searcher_.search(*snapshot_, wanted);
    };
    QUERN_ASSIGN(
        store::GroupedResult result,
        store::search_grouped({.n_groups = flags_.top, .n_children = flags_.group}, search));
    for (store::GroupHit& group : result.groups) {
      for (store::Hit& hit : group.children) {
        QUERN_ASSIGN(hit.stored, store::stored_of(snapshot_->segments(), hit.key));
      }
    }
    std::string text;
    if (!flags_.run.empty()) {
      QUERN_TRY(append_group_run_lines(query.id, result.groups, text));
    } else if (flags_.json) {
      append_grouped_json(query, result, counts, &highlights_, ms_since(start), text);
    } else {
      append_group_lines(result.groups, &highlights_, text);
      append_count_lines(counts, text);
    }
    note_why_empty(query, result.why_empty);
    return out_.write(text);
  }

  void note_why_empty(const QueryLine& query, const std::string& why) const {
    if (why.empty() || flags_.json) return;
    print_note(fmt::format("nothing found{}: {}\n",
                           query.id.empty() ? "" : fmt::format(" for {}", query.id), why));
  }

  SearchFlags flags_;
  store::Snapshot snapshot_;
  store::TextSearcher searcher_;
  HitHighlights highlights_;
  std::optional<store::Filter> filter_;
  std::vector<store::Attribute> counted_;
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

Status search_pattern(const SearchFlags& flags) {
  const auto start = std::chrono::steady_clock::now();
  QUERN_ASSIGN(const auto opened, store::Store::open({.folder = flags.folder}));
  QUERN_ASSIGN(const store::Snapshot snapshot, opened->snapshot());
  const store::Schema& schema = opened->schema();
  store::PatternSearch wanted{
      .pattern = {.text = flags.regex.empty() ? flags.substring : flags.regex,
                  .kind = flags.regex.empty() ? store::PatternKind::kSubstring
                                              : store::PatternKind::kRegex,
                  .letters =
                      flags.ignore_case ? store::LetterCase::kIgnored : store::LetterCase::kExact},
      .question = flags.question,
      .n_wanted = flags.top,
      .time_limit = std::chrono::milliseconds(std::llround(flags.seconds * 1000))};
  if (flags.operators) wanted.syntax = store::QuerySyntax::kOperators;
  if (!flags.filter.empty()) {
    QUERN_ASSIGN(wanted.filter,
                 store::parse_filter(flags.filter, schema.attributes).in("--filter"));
  }
  QUERN_ASSIGN(store::PatternSearcher searcher, store::PatternSearcher::create(schema));
  QUERN_ASSIGN(const store::PatternSearchResult result, searcher.search(*snapshot, wanted));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  for (const std::string& damaged : result.damaged) print_error(damaged);
  std::string text;
  if (flags.json) {
    append_pattern_json(wanted, result, schema, took.count(), text);
  } else {
    append_pattern_lines(result, schema, output_shows_bold(), text);
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  if (!flags.json) {
    print_note(pattern_notes(result.effort));
    if (!result.why_empty.empty()) print_note(fmt::format("nothing found: {}\n", result.why_empty));
  }
  if (!result.effort.is_out_of_time) return {};
  return {
      Code::kDeadline,
      fmt::format("the time was over when {} of {} documents were read: --time-limit gives more",
                  result.effort.n_read, result.effort.n_candidates)};
}

Status search(const SearchFlags& flags) {
  if (!flags.regex.empty() || !flags.substring.empty()) return search_pattern(flags);
  if (flags.question.empty() == flags.queries.empty()) {
    return {Code::kBadInput, "want a question, --queries FILE, --regex or --substring"};
  }
  QUERN_ASSIGN(Search search, Search::open(flags));
  if (flags.queries.empty()) {
    QUERN_TRY(search.answer({.id = flags.run.empty() ? "" : "1", .text = flags.question}));
  } else {
    QUERN_TRY(answer_all(flags.queries, search));
  }
  return search.finish();
}

void add_pattern_flags(CLI::App& command, SearchFlags& flags) {
  CLI::Option* regex =
      command
          .add_option(
              "--regex", flags.regex,
              "Documents with a match, in order of their ids; with a question, those\nthat it "
              "finds (docs/patterns.md)")
          ->type_name("PATTERN")
          ->check(empty_problem);
  CLI::Option* substring =
      command.add_option("--substring", flags.substring, "The same, every sign for itself")
          ->type_name("TEXT")
          ->check(empty_problem)
          ->excludes(regex);
  for (const char* other : {"--queries", "--run", "--group", "--counts"}) {
    regex->excludes(command.get_option(other));
    substring->excludes(command.get_option(other));
  }
  command.add_flag("-i,--ignore-case", flags.ignore_case, "Of a pattern: letters without case");
  command.add_option("--time-limit", flags.seconds, "So many seconds for a pattern (10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
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
      ->add_option("--group", flags->group,
                   "One answer for each parent, with its best N documents: --top is of\nparents")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u));
  command
      ->add_option("--filter", flags->filter,
                   "Only documents whose attributes fit: 'year >= 2020 and lang = \"cpp\"'\n"
                   "(docs/filters.md)")
      ->type_name("FILTER");
  CLI::Option* counts =
      command
          ->add_option("--counts", flags->counts,
                       "How many of all documents found have each value of these attributes")
          ->type_name("ATTRIBUTE,...")
          ->delimiter(',');
  command->add_flag("--operators", flags->operators,
                    "+word must be there, -word must not, word* begins so,\n\"some words\" stand "
                    "together, \"some words\"~3 nearly");
  CLI::Option* json = command->add_flag("--json", flags->json, "One JSON object for each question");
  command->add_option("--run", flags->run, "Write a TREC run: query Q0 document rank score tag")
      ->type_name("FILE")
      ->excludes(json)
      ->excludes(counts);
  add_pattern_flags(*command, *flags);
  command->callback([flags, &context] { context.exit_code = fail_or_ok(search(*flags)); });
}

}  // namespace quern::cli
