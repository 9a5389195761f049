#include "apps/papers/answer_sources.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/paper_dates.h"
#include "apps/papers/paper_identity.h"
#include "apps/rerank.h"
#include "base/elapsed.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// Of a paper's score: what all that it says and who wrote it has to do with the question, beside
// its best passage.
constexpr double kWholePaper = 0.6;

constexpr std::size_t kPassagesOfPaper = 4;
constexpr std::uint32_t kPassagesOfKeywordPaper = 3;

// Too short to say anything (ScholarQA drops the same).
constexpr std::size_t kMinPassageWords = 20;

std::size_t words_in(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

// The first words of a title, as a bibliography without authors has it; none that hangs in the air.
std::string title_in_short(const std::string& title) {
  constexpr std::size_t kWords = 4;
  const std::string whole = title.substr(0, title.find_first_of(":.?;,"));
  std::size_t end = 0;
  for (std::size_t n = 0; n < kWords && end != std::string::npos; ++n)
    end = whole.find(' ', end + 1);
  std::string out = whole.substr(0, end);
  for (bool was_cut = true; was_cut;) {
    was_cut = false;
    for (const std::string_view word :
         {" a", " an", " the", " of", " in", " for", " and", " by", " on", " with", " to", " is"}) {
      if (end == std::string::npos || !out.ends_with(word)) continue;
      out.resize(out.size() - word.size());
      was_cut = true;
    }
  }
  return out.empty() ? "Anonymous" : out;
}

/// Papers by id, in the order in which they are first seen.
class Gathering {
 public:
  GatheredPaper& at(std::int64_t corpus_id) {
    const auto [found, is_new] = places_.emplace(corpus_id, papers_.size());
    if (is_new) papers_.push_back({.corpus_id = corpus_id});
    return papers_[found->second];
  }
  void add_passage(const PaperSnippet& passage) {
    std::vector<PaperSnippet>& of_paper = at(passage.corpus_id).passages;
    for (PaperSnippet& known : of_paper) {
      if (known.bytes == passage.bytes) {
        known.score = std::max(known.score, passage.score);
        return;
      }
    }
    of_paper.push_back(passage);
  }
  std::vector<GatheredPaper> take() { return std::move(papers_); }

 private:
  std::unordered_map<std::int64_t, std::size_t> places_;
  std::vector<GatheredPaper> papers_;
};

PaperFilter filter_of(const AnswerAsk& ask, const PaperAnswer& answer) {
  PaperFilter filter = ask.filter;
  if (answer.question.published) {
    filter.published = filter.published ? common_days(*filter.published, *answer.question.published)
                                        : *answer.question.published;
  }
  if (filter.venues.empty()) filter.venues = answer.question.venues;
  if (filter.fields_of_study.empty()) filter.fields_of_study = answer.question.fields_of_study;
  return filter;
}

// Scores of a cross-encoder are on any scale: 0 to 1 by their order of size.
Status rerank_passages(const AnswerParts& parts, const AnswerAsk& ask, PaperAnswer& answer,
                       std::vector<PaperSnippet>& passages) {
  if (ask.rerank_model.empty() || parts.engine == nullptr || passages.empty()) return {};
  const auto start = Clock::now();
  std::vector<std::string> texts;
  const std::size_t n = std::min<std::size_t>(ask.profile.n_rerank, passages.size());
  for (std::size_t i = 0; i < n; ++i) texts.push_back(passages[i].text);
  QUERN_ASSIGN(const Reranking made,
               apps::rerank(*parts.engine, {.model = ask.rerank_model, .n_texts = n},
                            answer.question.text, texts));
  float low = 0, high = 0;
  bool is_any = false;
  for (const std::optional<float>& score : made.scores) {
    if (!score) continue;
    low = is_any ? std::min(low, *score) : *score;
    high = is_any ? std::max(high, *score) : *score;
    is_any = true;
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (!made.scores[i]) continue;
    passages[i].score = high > low ? (*made.scores[i] - low) / (high - low) : 1;
  }
  passages.resize(n);
  std::stable_sort(passages.begin(), passages.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  answer.stages.push_back({.name = "rerank",
                           .ms = ms_since(start),
                           .said = fmt::format("reranked {} of {} passages", made.n_done, n)});
  return {};
}

}  // namespace

std::vector<std::string> references_of(const std::vector<KnownPaper>& papers) {
  std::vector<std::string> out;
  std::map<std::string, int> n_seen;
  for (const KnownPaper& known : papers) {
    const Paper& paper = known.paper;
    const std::string names =
        paper.authors.empty() ? title_in_short(paper.title) : authors_in_short(paper.authors);
    const std::string year = paper.year > 0 ? std::to_string(paper.year) : "n.d.";
    const int n = n_seen[names + ", " + year]++;
    out.push_back(n == 0 ? fmt::format("{}, {}", names, year)
                         : fmt::format("{}_{}, {}", names, n, year));
  }
  return out;
}

Result<std::vector<GatheredPaper>> gather_papers(const AnswerParts& parts, const AnswerAsk& ask,
                                                 PaperAnswer& answer) {
  const auto start = Clock::now();
  const AnswerProfile& profile = ask.profile;
  PaperAsk wanted;
  wanted.text = answer.question.search;
  wanted.filter = filter_of(ask, answer);
  wanted.n_wanted = profile.n_retrieval;
  wanted.alpha = profile.alpha;
  QUERN_ASSIGN(SnippetHits passages, parts.library->snippets(wanted));
  std::erase_if(passages.snippets, [](const PaperSnippet& passage) {
    return words_in(passage.text) <= kMinPassageWords;
  });
  wanted.alpha.reset();
  if (!answer.question.keywords.empty()) wanted.text = answer.question.keywords;
  wanted.n_wanted =
      std::max<std::uint32_t>(profile.n_keyword, static_cast<std::uint32_t>(profile.n_sources));
  wanted.n_snippets = kPassagesOfKeywordPaper;
  QUERN_ASSIGN(const PaperHits papers, parts.library->search(wanted));
  answer.why_empty = papers.why_empty;
  answer.stages.push_back(
      {.name = "retrieve",
       .ms = ms_since(start),
       .said = fmt::format("found {} passages, and {} papers by all that they say",
                           passages.snippets.size(), papers.hits.size())});
  QUERN_TRY(rerank_passages(parts, ask, answer, passages.snippets));

  const auto gathering_start = Clock::now();
  Gathering gathering;
  for (const PaperHit& hit : papers.hits) {
    gathering.at(hit.corpus_id).score = kWholePaper * std::clamp(hit.score, 0.0, 1.0);
    for (const PaperSnippet& passage : hit.snippets) gathering.add_passage(passage);
  }
  std::unordered_map<std::int64_t, double> best;
  for (const PaperSnippet& passage : passages.snippets) {
    gathering.add_passage(passage);
    double& score = best[passage.corpus_id];
    score = std::max(score, std::clamp(passage.score, 0.0, 1.0));
  }
  std::vector<GatheredPaper> out = gathering.take();
  for (GatheredPaper& paper : out) {
    const auto found = best.find(paper.corpus_id);
    if (found != best.end()) paper.score += (1 - kWholePaper) * found->second;
    std::stable_sort(paper.passages.begin(), paper.passages.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    if (paper.passages.size() > kPassagesOfPaper) paper.passages.resize(kPassagesOfPaper);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  const std::size_t n_all = out.size();
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (i < profile.n_sources && out[i].score >= profile.context_threshold) continue;
    out.resize(i);
  }
  answer.stages.push_back({.name = "aggregate",
                           .ms = ms_since(gathering_start),
                           .said = fmt::format("kept {} of {} papers", out.size(), n_all)});
  return out;
}

}  // namespace quern::apps
