// quern store search: one question, or a file of them.

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/fusion_fitting.h"
#include "apps/json_document.h"
#include "apps/retriever.h"
#include "apps/store_model.h"
#include "base/machine.h"
#include "cli/bold.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/hit_highlights.h"
#include "cli/output_file.h"
#include "cli/pattern_lines.h"
#include "cli/question_lines.h"
#include "cli/rerank_flags.h"
#include "cli/store_lines.h"
#include "cli/store_vectors.h"
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
  std::string mode;     // "": by both, where the store has vectors.
  std::string fusion;   // "": min-max.
  std::optional<double> alpha;
  std::optional<double> k;
  std::uint32_t window = 200;
  RerankFlags rerank;
  std::optional<float> diversity;
  bool explain = false;
  bool exact = false;
};

bool wants_vectors(const SearchFlags& flags, const store::Generation& state) {
  const store::SpaceRow* space = state.active_space();
  return flags.mode != "bm25" && space != nullptr && !apps::is_of_given(space->space);
}

/// All that questions have in common.
Result<apps::Ask> ask_of(const SearchFlags& flags, const store::Schema& schema) {
  apps::Ask ask;
  ask.n_wanted = flags.top;
  ask.window = flags.window;
  ask.is_explained = flags.explain;
  if (flags.exact) ask.exactness = store::Exactness::kExact;
  if (flags.operators) ask.syntax = store::QuerySyntax::kOperators;
  if (!flags.run.empty()) ask.give = store::Give::kKeysOnly;
  if (flags.group > 0) ask.n_children = flags.group;
  if (!flags.filter.empty()) {
    QUERN_ASSIGN(ask.filter, store::parse_filter(flags.filter, schema.attributes).in("--filter"));
  }
  if (!flags.mode.empty()) {
    QUERN_ASSIGN(ask.mode, store::mode_from_name(flags.mode).in("--mode"));
  }
  if (!flags.rerank.model.empty()) {
    ask.rerank = apps::RerankWish{.model = flags.rerank.model, .n_texts = flags.rerank.n};
  }
  ask.diversity = flags.diversity;
  if (flags.k && flags.fusion != "rrf") {
    return {Code::kBadInput, "--rrf-k is for --fusion rrf alone"};
  }
  if (flags.fusion == "fitted" && flags.alpha) {
    return {Code::kBadInput, "--alpha has no place in a fitted fusion: its weights were learnt"};
  }
  if (flags.fusion == "fitted") return ask;  // As when nothing is said, but it has to be there.
  if (flags.fusion.empty() && !flags.alpha && !flags.k) return ask;
  store::FusionSpec spec;
  if (flags.alpha) spec.alpha = *flags.alpha;
  if (flags.k) spec.k = *flags.k;
  if (!flags.fusion.empty()) {
    QUERN_ASSIGN(spec.kind, store::fusion_from_name(flags.fusion).in("--fusion"));
  }
  QUERN_TRY(store::check_fusion(spec));
  ask.fusion.emplace().spec = spec;
  return ask;
}

Result<OutputFile> open_output(const SearchFlags& flags) {
  if (flags.run.empty() || flags.run == "-") return OutputFile::standard_output();
  return OutputFile::create(flags.run);
}

/// Searches one state of a store and writes what it finds.
class Search {
 public:
  static Result<std::unique_ptr<Search>> open(const SearchFlags& flags,
                                              const EngineFlags& engine_flags) {
    QUERN_ASSIGN(const auto opened, store::Store::open({.folder = flags.folder}));
    const store::Schema& schema = opened->schema();
    auto out = std::unique_ptr<Search>(new Search(flags));
    QUERN_ASSIGN(out->snapshot_, opened->snapshot());
    QUERN_ASSIGN(out->ask_, ask_of(flags, schema));
    if (flags.fusion == "fitted") {
      QUERN_ASSIGN(const apps::LearntFusion learnt, apps::learnt_fusion(*out->snapshot_));
      if (!learnt.choice) {
        return {Code::kBadInput, learnt.why_not.empty()
                                     ? "no fusion was learnt: 'quern store fit' learns one"
                                     : learnt.why_not};
      }
    }
    for (const std::string& name : flags.counts) {
      QUERN_ASSIGN(out->counted_.emplace_back(), attribute_named(schema, name).in("--counts"));
    }
    QUERN_ASSIGN(out->searcher_, store::TextSearcher::create(schema));
    QUERN_ASSIGN(out->highlights_,
                 HitHighlights::create(schema, *out->snapshot_, output_shows_bold()));
    // What searches by words alone needs no engine.
    if (wants_vectors(flags, *out->snapshot_) || !flags.rerank.model.empty()) {
      QUERN_ASSIGN(out->engine_, open_engine(engine_flags));
    }
    out->pool_ = std::make_unique<ThreadPool>(engine_flags.n_threads > 0 ? engine_flags.n_threads
                                                                         : usable_cpus());
    QUERN_ASSIGN(out->retriever_, apps::Retriever::create(schema, *out->pool_, out->engine_.get()));
    for (const Status& damaged : out->snapshot_->damaged()) print_error(damaged.message());
    QUERN_ASSIGN(OutputFile file, open_output(flags));
    out->out_.emplace(std::move(file));
    return out;
  }

  Status answer(const apps::QueryLine& query) {
    ask_.text = query.text;
    ask_.vector = query.vector;
    ask_.deadline = flags_.rerank.deadline();
    QUERN_TRY(highlights_->set_question(ask_.text, ask_.syntax));
    QUERN_ASSIGN(const std::vector<AttributeCounts> counts, count());
    QUERN_ASSIGN(const apps::Retrieved answer, retriever_->retrieve(snapshot_, ask_));
    std::string text;
    QUERN_TRY(append(query, answer, counts, text));
    if (!flags_.json) tell(query, answer);
    return out_->write(text);
  }

  Status finish() { return out_->commit(); }

 private:
  explicit Search(SearchFlags flags) : flags_(std::move(flags)) {}

  Status append(const apps::QueryLine& query, const apps::Retrieved& answer,
                const std::vector<AttributeCounts>& counts, std::string& text) {
    if (!flags_.run.empty()) {
      return answer.groups ? append_group_run_lines(query.id, *answer.groups, text)
                           : append_run_lines(query.id, answer, text);
    }
    if (flags_.json) {
      append_result_json(query, answer, counts, &*highlights_, text);
      return {};
    }
    if (answer.groups) {
      append_group_lines(*answer.groups, &*highlights_, text);
    } else {
      append_hit_lines(answer, &*highlights_, text);
    }
    append_count_lines(counts, text);
    return {};
  }

  // Of all documents that the question's words find.
  Result<std::vector<AttributeCounts>> count() {
    store::TextSearch wanted = {.text = ask_.text, .n_wanted = flags_.top};
    wanted.syntax = ask_.syntax;
    wanted.filter = ask_.filter;
    std::vector<AttributeCounts> out;
    for (const store::Attribute& attribute : counted_) {
      QUERN_ASSIGN(auto counts, searcher_->count_values(*snapshot_, wanted, attribute.name));
      out.push_back({.attribute = attribute, .counts = std::move(counts)});
    }
    return out;
  }

  // What a person should know beside the hits; what holds for all questions once.
  void tell(const apps::QueryLine& query, const apps::Retrieved& answer) {
    const store::SearchResult& found = answer.found;
    const std::string of = query.id.empty() ? "" : fmt::format(" for {}", query.id);
    if (!found.why_empty.empty()) {
      print_note(fmt::format("nothing found{}: {}\n", of, found.why_empty));
    }
    if (answer.rerank && answer.rerank->n_done < answer.rerank->n_wanted) {
      print_note(fmt::format("reranked{}: {} of {}, then time was over\n", of,
                             answer.rerank->n_done, answer.rerank->n_wanted));
    }
    if (!answer.rerank_note.empty() && query.id.empty()) {
      print_note(fmt::format("reranking was {}\n", answer.rerank_note));
    }
    if (has_told_) return;
    has_told_ = true;
    if (!found.why_one_side.empty()) print_note(found.why_one_side + "\n");
    if (!answer.fusion_note.empty()) print_note(answer.fusion_note + "\n");
    if (found.n_without_vector > 0) {
      print_note(fmt::format("{} documents have no vector yet: 'quern store embed' makes them\n",
                             found.n_without_vector));
    }
  }

  const SearchFlags flags_;
  bool has_told_ = false;
  store::Snapshot snapshot_;
  apps::Ask ask_;
  std::vector<store::Attribute> counted_;
  std::optional<store::TextSearcher> searcher_;  // Of what is counted.
  std::optional<HitHighlights> highlights_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<ThreadPool> pool_;
  std::optional<apps::Retriever> retriever_;
  std::optional<OutputFile> out_;
};

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

Status search(const SearchFlags& flags, const EngineFlags& engine) {
  if (!flags.regex.empty() || !flags.substring.empty()) return search_pattern(flags);
  if (flags.question.empty() == flags.queries.empty()) {
    return {Code::kBadInput, "want a question, --queries FILE, --regex or --substring"};
  }
  QUERN_ASSIGN(const auto search, Search::open(flags, engine));
  if (flags.queries.empty()) {
    QUERN_TRY(search->answer({.id = flags.run.empty() ? "" : "1", .text = flags.question}));
  } else {
    QUERN_TRY(for_each_question(
        flags.queries, [&](const apps::QueryLine& query) { return search->answer(query); }));
  }
  return search->finish();
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
  // A pattern finds documents in order of their ids: what is about an order by scores would say
  // nothing.
  for (const char* other : {"--queries", "--run", "--group", "--counts", "--mode", "--fusion",
                            "--alpha", "--rrf-k", "--window", "--rerank", "--rerank-top",
                            "--deadline", "--diversity", "--exact", "--explain"}) {
    regex->excludes(command.get_option(other));
    substring->excludes(command.get_option(other));
  }
  command.add_flag("-i,--ignore-case", flags.ignore_case, "Of a pattern: letters without case");
  command.add_option("--time-limit", flags.seconds, "So many seconds for a pattern (10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
}

void add_ranking_flags(CLI::App& command, SearchFlags& flags) {
  add_mode_flag(command, "store", flags.mode);
  command
      .add_option("--fusion", flags.fusion,
                  "How both sides' scores become one: minmax, zscore, rrf, dbsf, or "
                  "fitted\n(default: as 'store "
                  "fit' learnt it, else minmax)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"minmax", "zscore", "rrf", "dbsf", "fitted"}));
  command.add_option("--alpha", flags.alpha, "The vectors' weight, 0 to 1 (0.5)")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--rrf-k", flags.k, "The k of rrf (60)")
      ->type_name("X")
      ->check(CLI::PositiveNumber);
  command.add_option("--window", flags.window, "Candidates of each side (200)")
      ->type_name("N")
      ->check(CLI::Range(1u, 10000u));
  add_rerank_flags(command, flags.rerank);
  command
      .add_option(
          "--diversity", flags.diversity,
          "0 to 1: what likeness to the hits before counts beside scores, so\nthat hits are "
          "not all alike")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  command.add_flag("--exact", flags.exact, "No graph, whose answers may lack a document");
  command.add_flag("--explain", flags.explain, "With --json: what each term added");
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
  add_ranking_flags(*command, *flags);
  CLI::Option* group =
      command
          ->add_option(
              "--group", flags->group,
              "One answer for each parent, with its best N documents: --top is of\nparents")
          ->type_name("N")
          ->check(CLI::Range(1u, 1000u));
  group->excludes(command->get_option("--diversity"));
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
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(search(*flags, context.engine)); });
}

}  // namespace quern::cli
