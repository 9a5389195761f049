#include "serve/scholar_qa/qa_answer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/entailment.h"
#include "serve/json/json_members.h"

namespace quern::serve {
namespace {

/// What begins when a stage of the answer has ended, in the origin's words where it has any.
struct NextStep {
  std::string_view after;
  const char* description;
  double seconds;
};

constexpr const char* kFirstStep = "Processing user query";
constexpr double kFirstSeconds = 1;
constexpr double kWrittenSeconds = 120;  // Of an answer that a model writes, until more is known:
constexpr double kBeforeSections = 30;
constexpr double kSectionSeconds = 15;
constexpr NextStep kNextSteps[] = {
    {"decompose", "Retrieving relevant passages from the papers of this library", 1},
    {"aggregate", "Extracting salient key statements from papers", 15},
    {"quotes", "Synthesizing an answer outline based on extracted quotes", 15},
};

/// What is said of an outline, and of the section that is written next.
void report_sections(const apps::PaperAnswer& so_far, QaReport& report) {
  const std::size_t n = so_far.outline.size(), i = so_far.sections.size();
  if (i == 0) {
    std::string steps = "Start generating each section in the answer outline:";
    for (const std::string& title : so_far.outline) steps += "\n - " + title;
    report.step(std::move(steps), kSectionSeconds);
    report.estimate(kBeforeSections + kSectionSeconds * static_cast<double>(n));
  }
  if (i == n) return;
  report.step(
      fmt::format("Iteratively generating section: {} of {} - {}", i + 1, n, so_far.outline[i]),
      kSectionSeconds);
}

/// The model that checks sentences, opened when it is first needed.
class LazyEntailment {
 public:
  LazyEntailment(engine::Engine& engine, std::string model)
      : engine_(engine), model_(std::move(model)) {}

  /// Null: none is wanted. Errors: as Entailment::open; asked again next time.
  Result<const apps::Entailment*> get() {
    if (model_.empty()) return static_cast<const apps::Entailment*>(nullptr);
    const std::lock_guard lock(mutex_);
    if (!opened_) {
      QUERN_ASSIGN(apps::Entailment opened, apps::Entailment::open(engine_, model_));
      opened_.emplace(std::move(opened));
    }
    return &*opened_;
  }

 private:
  engine::Engine& engine_;
  const std::string model_;
  std::mutex mutex_;  // Guards this.
  std::optional<apps::Entailment> opened_;
};

std::string authors_json(const apps::Paper& paper) {
  std::string out = "[";
  for (const apps::PaperAuthor& author : paper.authors) {
    if (out.size() > 1) out += ',';
    JsonMembers members(out);
    members.text("name", author.name);
    members.text_or_null("authorId", author.id);
    members.end();
  }
  return out + ']';
}

std::string cited_paper_json(const apps::AnswerSource& source) {
  const apps::Paper& paper = source.paper.paper;
  std::string out;
  JsonMembers members(out);
  members.integer("corpus_id", paper.ids.corpus_id);
  members.text("title", paper.title);
  members.integer("year", paper.year);
  members.text("venue", paper.venue);
  members.raw("authors", authors_json(paper));
  members.integer("n_citations", paper.n_citations);
  members.number("score", source.score);
  members.end();
  return out;
}

/// By source, in the order in which a section cites them: what it quotes.
using QuotesBySource = std::vector<std::pair<std::size_t, std::vector<std::string>>>;

QuotesBySource quotes_of(const apps::PaperAnswer& answer, const apps::AnswerSection& section) {
  QuotesBySource out;
  std::map<std::size_t, std::size_t> places;
  for (const apps::AnswerSentence& sentence : section.sentences) {
    for (const std::size_t i_quote : sentence.i_quotes) {
      const apps::AnswerQuote& quote = answer.quotes[i_quote];
      const auto [place, is_new] = places.emplace(quote.i_source, out.size());
      if (is_new) out.push_back({quote.i_source, {}});
      std::vector<std::string>& quotes = out[place->second].second;
      if (std::ranges::find(quotes, quote.text) == quotes.end()) quotes.push_back(quote.text);
    }
  }
  return out;
}

std::string citations_json(const apps::PaperAnswer& answer, const apps::AnswerSection& section) {
  std::string out = "[";
  for (const auto& [i_source, quotes] : quotes_of(answer, section)) {
    const apps::AnswerSource& source = answer.sources[i_source];
    if (out.size() > 1) out += ',';
    JsonMembers members(out);
    members.text("id", "(" + source.reference + ")");
    members.raw("paper", cited_paper_json(source));
    std::string snippets;
    append_json_strings(snippets, "snippets", quotes);
    out += ',' + snippets;
    members.number("score", source.score);
    members.raw("snippet_metadata", "null");
    members.end();
  }
  return out + ']';
}

/// " (Brants, 2000) (Doe et al., 2024)": each as the id of its citation.
std::string references_of(const apps::PaperAnswer& answer, const apps::AnswerSentence& sentence) {
  std::string out;
  std::vector<std::size_t> told;
  for (const std::size_t i_quote : sentence.i_quotes) {
    const std::size_t i_source = answer.quotes[i_quote].i_source;
    if (std::ranges::find(told, i_source) != told.end()) continue;
    told.push_back(i_source);
    out += " (" + answer.sources[i_source].reference + ")";
  }
  return out;
}

std::string section_text(const apps::PaperAnswer& answer, const apps::AnswerSection& section) {
  std::string out;
  for (const apps::AnswerSentence& sentence : section.sentences) {
    if (!out.empty()) out += ' ';
    out += sentence.text + references_of(answer, sentence);
  }
  return out;
}

}  // namespace

std::string qa_result_json(const apps::PaperAnswer& answer) {
  std::string sections = "[";
  for (const apps::AnswerSection& section : answer.sections) {
    if (sections.size() > 1) sections += ',';
    JsonMembers members(sections);
    members.text("title", section.title);
    members.text("tldr", section.tldr);
    members.text("text", section_text(answer, section));
    members.raw("citations", citations_json(answer, section));
    members.raw("table", "null");
    members.end();
  }
  std::string out;
  JsonMembers members(out);
  members.text("report_title", answer.title);
  members.raw("sections", sections + ']');
  members.raw("cost", "0.0");
  members.raw("tokens", R"({"input":0,"output":0,"total":0,"reasoning":0})");
  members.end();
  return out;
}

AnswerQuestion answers_of_library(const PaperOptions& options, engine::Engine& engine) {
  const auto entailment = std::make_shared<LazyEntailment>(engine, options.nli_model);
  return [options, entailment, &engine](const std::string& query,
                                        QaReport& report) -> Result<std::string> {
    report.step(kFirstStep, kFirstSeconds);
    report.estimate(options.writer ? kWrittenSeconds : kFirstSeconds);
    QUERN_ASSIGN(const apps::Entailment* const nli, entailment->get());
    apps::AnswerParts parts{.library = options.library, .engine = &engine, .entailment = nli};
    parts.writer = options.writer;
    parts.cache = options.cache;
    parts.is_stopped = [&] { return report.is_stopped(); };
    parts.on_stage = [&](const apps::PaperAnswer& so_far) {
      if (!so_far.sections.empty()) report.partial(qa_result_json(so_far));
      const std::string& ended = so_far.stages.back().name;
      for (const NextStep& next : kNextSteps) {
        if (next.after == ended) report.step(next.description, next.seconds);
      }
      if (ended == "plan" && options.writer) report_sections(so_far, report);
    };
    QUERN_ASSIGN(const apps::PaperAnswer answer,
                 apps::answer_question(parts, {.question = query,
                                               .profile = options.profile,
                                               .rerank_model = options.rerank_model}));
    if (answer.sections.empty()) return {Code::kNotFound, answer.why_empty};
    return qa_result_json(answer);
  };
}

}  // namespace quern::serve
