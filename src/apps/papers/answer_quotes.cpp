#include "apps/papers/answer_quotes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/paper_identity.h"
#include "text/analysis/analyzer.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMinQuoteWords = 7;
constexpr std::size_t kMaxQuoteWords = 60;
constexpr std::size_t kQuotesOfPaper = 3;
constexpr std::size_t kMaxQuotes = 14;
// Sentences that are compared with the question by their vectors.
constexpr std::size_t kMaxCandidates = 120;

// Nearer ones say the same.
constexpr double kSaysTheSame = 0.9;

// Of a sentence's score: its vector, its words, and its paper.
constexpr double kVectorShare = 0.5;
constexpr double kWordShare = 0.3;
constexpr double kPaperShare = 0.2;

// What is so much worse than the best sentence does not answer the question.
constexpr double kLeastShare = 0.6;

// A best sentence that has less to do with the question, by its vector and words or by words alone,
// is not about it (docs/papers_answers.md says how this was chosen).
constexpr double kLeastLikeness = 0.2;
constexpr double kLeastWords = 0.12;

struct Candidate {
  AnswerQuote quote;
  std::vector<std::string> terms;
  std::vector<float> vector;
  double words = 0;
  double score = 0;
};

std::vector<std::string> terms_in(text::Analyzer& analyzer, std::string_view text) {
  std::set<std::string> seen;
  analyzer.analyze(text, [&](const text::Term& term) { seen.emplace(term.text); });
  return {seen.begin(), seen.end()};
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += double{a[i]} * b[i];
  return sum;
}

std::vector<Candidate> sentences_of_papers(const std::vector<GatheredPaper>& papers) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < papers.size(); ++i) {
    for (const PaperSnippet& passage : papers[i].passages) {
      for (const ByteSpan& span : passage.sentences) {
        const std::string_view text =
            std::string_view(passage.text).substr(span.begin, span.end - span.begin);
        if (!is_quotable(text)) continue;
        Candidate& one = out.emplace_back();
        one.quote = {.corpus_id = passage.corpus_id,
                     .i_source = i,
                     .text = std::string(text),
                     .bytes = {passage.bytes.begin + span.begin, passage.bytes.begin + span.end},
                     .section = passage.section,
                     .kind = passage.kind};
      }
    }
  }
  return out;
}

// The share of the question's words that a sentence has, each by how rare it is among the
// sentences.
void score_words(const std::string& question, std::vector<Candidate>& candidates) {
  text::Analyzer analyzer("english");
  const std::vector<std::string> wanted = terms_in(analyzer, question);
  std::map<std::string, double> weights;
  for (const std::string& term : wanted) weights[term] = 0;
  for (Candidate& one : candidates) {
    one.terms = terms_in(analyzer, one.quote.text);
    for (const std::string& term : one.terms) {
      const auto found = weights.find(term);
      if (found != weights.end()) ++found->second;
    }
  }
  double all = 0;
  for (auto& [term, weight] : weights) {
    weight = std::log(1 + static_cast<double>(candidates.size()) / (1 + weight));
    all += weight;
  }
  for (Candidate& one : candidates) {
    for (const std::string& term : one.terms) {
      const auto found = weights.find(term);
      if (found != weights.end()) one.words += found->second / all;
    }
  }
}

// Those with the best words and papers, of each paper some.
void keep_the_likely(const std::vector<GatheredPaper>& papers, std::vector<Candidate>& candidates) {
  const auto likely = [&](const Candidate& one) {
    return one.words + 0.5 * papers[one.quote.i_source].score;
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto& a, const auto& b) { return likely(a) > likely(b); });
  if (candidates.size() <= kMaxCandidates) return;
  const std::size_t n_of_each = kMaxCandidates / std::max<std::size_t>(papers.size(), 1);
  std::vector<std::size_t> n_of(papers.size());
  std::vector<Candidate> first, rest;
  for (Candidate& one : candidates) {
    (n_of[one.quote.i_source]++ < n_of_each ? first : rest).push_back(std::move(one));
  }
  for (Candidate& one : rest) {
    if (first.size() == kMaxCandidates) break;
    first.push_back(std::move(one));
  }
  candidates = std::move(first);
}

Status score_vectors(const AnswerParts& parts, const std::string& question,
                     std::vector<Candidate>& candidates) {
  std::vector<std::string> texts = {question};
  for (const Candidate& one : candidates) texts.push_back(one.quote.text);
  QUERN_ASSIGN(std::vector<std::vector<float>> vectors, parts.library->vectors_of(texts));
  if (vectors.size() != texts.size()) return {};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].vector = std::move(vectors[i + 1]);
    candidates[i].score = kVectorShare * std::max(dot(vectors[0], candidates[i].vector), 0.0);
  }
  return {};
}

/// `score` is that of the vectors so far.
bool is_any_about_it(const std::vector<Candidate>& candidates) {
  return std::any_of(candidates.begin(), candidates.end(), [](const Candidate& one) {
    if (one.vector.empty()) return one.words >= kLeastWords;
    return one.score + kWordShare * one.words >= kLeastLikeness;
  });
}

bool says_the_same(const Candidate& a, const Candidate& b) {
  if (!a.vector.empty() && dot(a.vector, b.vector) >= kSaysTheSame) return true;
  std::vector<std::string> both;
  std::set_intersection(a.terms.begin(), a.terms.end(), b.terms.begin(), b.terms.end(),
                        std::back_inserter(both));
  // Nearly all of the shorter one.
  const std::size_t n = std::min(a.terms.size(), b.terms.size());
  return n > 0 && static_cast<double>(both.size()) >= 0.85 * static_cast<double>(n);
}

/// Takes candidates in their order, as far as there is room for them.
class Choice {
 public:
  explicit Choice(std::size_t n_papers) : n_of_(n_papers) {}

  bool take(const Candidate& one, std::size_t most_of_paper) {
    std::size_t& n = n_of_[one.quote.i_source];
    if (n >= most_of_paper || chosen_.size() >= kMaxQuotes) return false;
    for (const Candidate* other : chosen_) {
      if (other->quote.bytes == one.quote.bytes && other->quote.corpus_id == one.quote.corpus_id) {
        return false;
      }
      if (says_the_same(*other, one)) return false;
    }
    ++n;
    chosen_.push_back(&one);
    return true;
  }
  std::vector<AnswerQuote> quotes() {
    std::stable_sort(chosen_.begin(), chosen_.end(), [](const Candidate* a, const Candidate* b) {
      return a->quote.score > b->quote.score;
    });
    std::vector<AnswerQuote> out;
    for (const Candidate* one : chosen_) out.push_back(one->quote);
    return out;
  }

 private:
  std::vector<std::size_t> n_of_;
  std::vector<const Candidate*> chosen_;
};

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != text.npos; });
}

}  // namespace

bool is_quotable(std::string_view sentence) {
  const auto n_blanks = static_cast<std::size_t>(std::count(sentence.begin(), sentence.end(), ' '));
  if (n_blanks + 1 < kMinQuoteWords || n_blanks + 1 > kMaxQuoteWords) return false;
  const char first = sentence.front();
  const bool begins_well =
      (first >= 'A' && first <= 'Z') || first == '"' || static_cast<unsigned char>(first) >= 0x80;
  const char last = sentence.back();
  if (!begins_well || (last != '.' && last != '!' && last != '"' && last != ')')) return false;
  std::size_t n_letters = 0, n_odd = 0;
  for (const char c : sentence) {
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    n_letters += is_letter ? 1 : 0;
    n_odd += c == '|' || c == '=' || c == '\\' || c == '{' || c == '~' || c == '^' ? 1 : 0;
  }
  if (n_odd > 1 || n_letters * 4 < (sentence.size() - n_blanks) * 3) return false;
  // What points to something that is not there cannot be understood by itself.
  for (const std::string_view beginning :
       {"Figure ", "Fig. ", "Table ", "Section ", "It ", "Its ", "They ", "Their ", "This ",
        "These ", "Those ", "He ", "She ", "Here ", "Such ", "Copyright", "Proceedings"}) {
    if (sentence.starts_with(beginning)) return false;
  }
  return !has_any(sentence,
                  {"In Section ", "in Section ", "section describes", "this section", "Section 2",
                   "Section 3", "Section 4", "Section 5", "Figure ", "Table "});
}

PaperPart part_of_paper(SnippetKind kind, std::string_view heading) {
  if (kind != SnippetKind::kBody) return PaperPart::kAbstract;
  const std::string key = title_key(heading);
  if (has_any(key, {"conclu", "discussion", "future", "limitation", "error analysis", "summary"})) {
    return PaperPart::kDiscussion;
  }
  if (has_any(key,
              {"result", "evaluation", "experiment", "performance", "comparison", "finding"})) {
    return PaperPart::kResults;
  }
  if (has_any(key, {"introduction", "related", "previous", "prior", "background", "motivation",
                    "overview", "literature"})) {
    return PaperPart::kBackground;
  }
  return PaperPart::kApproach;
}

Result<ChosenQuotes> choose_quotes(const AnswerParts& parts, std::string_view search,
                                   const std::vector<GatheredPaper>& papers) {
  std::vector<Candidate> candidates = sentences_of_papers(papers);
  const std::size_t n_all = candidates.size();
  score_words(std::string(search), candidates);
  keep_the_likely(papers, candidates);
  QUERN_TRY(score_vectors(parts, std::string(search), candidates));
  if (!candidates.empty() && !is_any_about_it(candidates)) {
    return ChosenQuotes{.said = fmt::format("none of {} sentences is about it", n_all),
                        .why_empty = "no sentence of the papers that were found is about this"};
  }
  for (Candidate& one : candidates) {
    one.score += kWordShare * one.words + kPaperShare * papers[one.quote.i_source].score;
    one.quote.score = std::clamp(one.score, 0.0, 1.0);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  const double least = candidates.empty() ? 0 : kLeastShare * candidates[0].score;
  std::erase_if(candidates, [&](const Candidate& one) { return one.score < least; });
  Choice choice(papers.size());
  for (const Candidate& one : candidates) choice.take(one, 1);
  for (const Candidate& one : candidates) choice.take(one, kQuotesOfPaper);
  ChosenQuotes out{.quotes = choice.quotes()};
  out.said = fmt::format("chose {} of {} sentences", out.quotes.size(), n_all);
  return out;
}

}  // namespace quern::apps
