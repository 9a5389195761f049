// quern papers search: papers or passages for one question, or for a file of them.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/json_document.h"
#include "cli/bold.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/papers_commands.h"
#include "cli/papers_lines.h"
#include "cli/papers_session.h"
#include "cli/question_lines.h"

namespace quern::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* kExamples =
    R"(Examples:
  quern papers search ~/library "statistical part-of-speech tagging" --author brants
  quern papers search ~/library "how are unknown words handled" --snippets
  quern papers search ~/library --queries questions.jsonl --run run.trec --top 100)";

struct SearchFlags {
  std::string folder;
  std::string question;
  std::string queries;
  std::uint32_t top = 10;
  bool snippets = false;
  std::uint32_t passages = 1;
  std::string sort = "relevance";
  bool json = false;
  std::string run;
  PaperFilterFlags filter;
  PaperRankingFlags ranking;
};

apps::PaperOrder order_of(const std::string& name) {
  if (name == "date") return apps::PaperOrder::kDate;
  return name == "citations" ? apps::PaperOrder::kCitations : apps::PaperOrder::kRelevance;
}

/// Searches a library and writes what it finds.
class PaperSearch {
 public:
  PaperSearch(const SearchFlags& flags, PapersSession& session, OutputFile out)
      : flags_(flags), library_(session.library()), out_(std::move(out)) {}

  Status answer(const apps::QueryLine& query) {
    apps::PaperAsk ask;
    ask.text = query.text;
    ask.n_wanted = flags_.top;
    ask.order = order_of(flags_.sort);
    if (flags_.run.empty() && !flags_.snippets) ask.n_snippets = flags_.passages;
    QUERN_ASSIGN(ask.filter, paper_filter_of(flags_.filter));
    QUERN_TRY(set_paper_ranking(flags_.ranking, ask));
    return flags_.snippets ? answer_by_passages(query, ask) : answer_by_papers(query, ask);
  }

  Status finish() { return out_.commit(); }

 private:
  template <typename Hits>
  Result<std::vector<apps::KnownPaper>> papers_of(const Hits& hits) {
    std::vector<std::int64_t> ids;
    for (const auto& hit : hits) ids.push_back(hit.corpus_id);
    QUERN_ASSIGN(auto known, library_.papers(ids));
    std::vector<apps::KnownPaper> out;
    for (auto& paper : known) out.push_back(paper ? std::move(*paper) : apps::KnownPaper());
    return out;
  }

  Status answer_by_papers(const apps::QueryLine& query, const apps::PaperAsk& ask) {
    QUERN_ASSIGN(const apps::PaperHits found, library_.search(ask));
    QUERN_ASSIGN(const std::vector<apps::KnownPaper> papers, papers_of(found.hits));
    std::string text;
    json hits = json::array();
    for (std::size_t i = 0; i < papers.size(); ++i) {
      const apps::PaperHit& hit = found.hits[i];
      if (!flags_.run.empty()) {
        append_run_line(query, papers[i], i, text);
      } else if (flags_.json) {
        json one = json_of_paper(papers[i]);
        one["score"] = hit.score;
        if (hit.rerank_score) one["rerankScore"] = *hit.rerank_score;
        one["snippets"] = json::array();
        for (const auto& snippet : hit.snippets)
          one["snippets"].push_back(json_of_snippet(snippet));
        hits.push_back(std::move(one));
      } else {
        append_paper_lines(i + 1, papers[i], is_bold_, text);
        for (const apps::PaperSnippet& snippet : hit.snippets) append_passage_lines(snippet, text);
      }
    }
    tell(query, found.why_empty, found.why_one_side);
    if (flags_.json) text = line_of(query, found.total, "papers", std::move(hits), found);
    if (!flags_.json) tell_reranked(found);
    return out_.write(text);
  }

  Status answer_by_passages(const apps::QueryLine& query, const apps::PaperAsk& ask) {
    QUERN_ASSIGN(const apps::SnippetHits found, library_.snippets(ask));
    QUERN_ASSIGN(const std::vector<apps::KnownPaper> papers, papers_of(found.snippets));
    std::string text;
    json hits = json::array();
    for (std::size_t i = 0; i < papers.size(); ++i) {
      const apps::PaperSnippet& snippet = found.snippets[i];
      if (!flags_.run.empty()) {
        append_run_line(query, papers[i], i, text);
      } else if (flags_.json) {
        json one = json_of_snippet(snippet);
        one["paper"] = json_of_paper(papers[i]);
        one["paper"].erase("abstract");
        hits.push_back(std::move(one));
      } else {
        append_paper_lines(i + 1, papers[i], is_bold_, text);
        append_passage_lines(snippet, text);
      }
    }
    tell(query, found.why_empty, found.why_one_side);
    if (flags_.json) {
      text = line_of(query, found.snippets.size(), "snippets", std::move(hits), found);
    }
    if (!flags_.json) tell_reranked(found);
    return out_.write(text);
  }

  void append_run_line(const apps::QueryLine& query, const apps::KnownPaper& paper, std::size_t i,
                       std::string& out) const {
    const std::string name = paper_name(paper.paper);
    // As data sets name their papers: without the kind of id.
    out += fmt::format("{} Q0 {} {} {} quern\n", query.id, name.substr(name.find(':') + 1), i + 1,
                       flags_.top - i);
  }

  template <typename Found>
  static void tell_reranked(const Found& found) {
    if (found.n_reranked == found.n_to_rerank) return;
    print_note(fmt::format("reranked: {} of {}, then time was over\n", found.n_reranked,
                           found.n_to_rerank));
  }

  template <typename Found>
  static std::string line_of(const apps::QueryLine& query, std::uint64_t total, const char* name,
                             json hits, const Found& found) {
    const apps::PaperTimings& timings = found.timings;
    json out = json::object();
    if (!query.id.empty()) out["id"] = query.id;
    out["query"] = query.text;
    out["total"] = total;
    out[name] = std::move(hits);
    if (found.n_to_rerank > 0) {
      out["reranked"] = {{"read", found.n_reranked}, {"of", found.n_to_rerank}};
    }
    out["ms"] = {{"vector", timings.vector_ms},
                 {"search", timings.search_ms},
                 {"rerank", timings.rerank_ms},
                 {"total", timings.total_ms}};
    return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  }

  void tell(const apps::QueryLine& query, const std::string& why_empty,
            const std::string& why_one_side) {
    if (flags_.json) return;
    const std::string of = query.id.empty() ? "" : fmt::format(" for {}", query.id);
    if (!why_empty.empty()) print_note(fmt::format("nothing found{}: {}\n", of, why_empty));
    if (!why_one_side.empty() && !has_told_) print_note(why_one_side + "\n");
    has_told_ = true;
  }

  const SearchFlags& flags_;
  apps::PaperLibrary& library_;
  OutputFile out_;
  const bool is_bold_ = output_shows_bold();
  bool has_told_ = false;
};

Result<OutputFile> open_output(const SearchFlags& flags) {
  if (flags.run.empty() || flags.run == "-") return OutputFile::standard_output();
  return OutputFile::create(flags.run);
}

Status search_papers(const SearchFlags& flags, const EngineFlags& engine) {
  if (flags.question.empty() == flags.queries.empty()) {
    return {Code::kBadInput, "want a question, or --queries FILE"};
  }
  const bool by_words = flags.ranking.mode == "bm25" && flags.ranking.rerank.model.empty();
  QUERN_ASSIGN(const auto session,
               PapersSession::open(flags.folder, engine,
                                   by_words                             ? WithEngine::kNo
                                   : flags.ranking.rerank.model.empty() ? WithEngine::kIfVectors
                                                                        : WithEngine::kYes));
  QUERN_ASSIGN(OutputFile out, open_output(flags));
  PaperSearch search(flags, *session, std::move(out));
  if (flags.queries.empty()) {
    QUERN_TRY(search.answer({.id = flags.run.empty() ? "" : "1", .text = flags.question}));
  } else {
    QUERN_TRY(for_each_question(
        flags.queries, [&](const apps::QueryLine& query) { return search.answer(query); }));
  }
  return search.finish();
}

}  // namespace

void add_papers_search(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* command = parent.add_subcommand("search", "Find papers, or passages of them");
  command->footer(kExamples);
  add_library_argument(*command, flags->folder);
  command->add_option("QUESTION", flags->question, "What is looked for")->type_name("");
  command
      ->add_option("--queries", flags->queries,
                   "JSON lines: objects with \"id\" or \"_id\" and \"text\"")
      ->type_name("FILE");
  command->add_option("--top", flags->top, "So many (10)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u));
  command->add_flag("--snippets", flags->snippets, "Passages instead of papers");
  command->add_option("--passages", flags->passages, "So many passages of each paper (1)")
      ->type_name("N")
      ->check(CLI::Range(0u, 20u));
  command
      ->add_option("--sort", flags->sort,
                   "relevance; or the 100 most relevant by date or citations")
      ->type_name("ORDER")
      ->check(CLI::IsMember({"relevance", "date", "citations"}));
  add_paper_filter_flags(*command, flags->filter);
  add_paper_ranking_flags(*command, flags->ranking);
  CLI::Option* json_flag = command->add_flag("--json", flags->json, "A line of JSON a question");
  command->add_option("--run", flags->run, "A TREC run into this file ('-': standard output)")
      ->type_name("FILE")
      ->excludes(json_flag);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(search_papers(*flags, context.engine)); });
}

}  // namespace quern::cli
