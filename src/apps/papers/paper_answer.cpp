#include "apps/papers/paper_answer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/shipped_calibrations.h"
#include "apps/claims/verdict.h"
#include "apps/entailment.h"
#include "apps/papers/answer_quotes.h"
#include "apps/papers/answer_sources.h"
#include "apps/papers/paper_dates.h"
#include "apps/papers/paper_identity.h"
#include "base/elapsed.h"
#include "base/unix_time.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTitleWords = 15;
// From here on a quote is said to entail its sentence.
constexpr double kEntails = 0.5;

struct SectionPlan {
  PaperPart part;
  const char* title;
};
constexpr std::array kSections = {SectionPlan{PaperPart::kAbstract, "In short"},
                                  SectionPlan{PaperPart::kBackground, "Background"},
                                  SectionPlan{PaperPart::kApproach, "Approaches"},
                                  SectionPlan{PaperPart::kResults, "Results"},
                                  SectionPlan{PaperPart::kDiscussion, "Discussion"}};

int this_year() {
  constexpr std::int64_t kMsOfDay = 86'400'000;
  const std::string date = date_from_days(unix_ms_now() / kMsOfDay);
  return date.size() < 4 ? 0 : std::stoi(date.substr(0, 4));
}

std::string title_of(const std::string& question) {
  std::string out = question;
  std::size_t at = 0;
  for (std::size_t n = 0; n < kTitleWords && at != std::string::npos; ++n) {
    at = out.find(' ', at + 1);
  }
  if (at != std::string::npos) out = out.substr(0, at) + " ...";
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') {
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  }
  return out;
}

// Words that point to a sentence that is not there.
std::string without_connective(const std::string& quote) {
  for (const std::string_view word : {"However, ",      "Therefore, ",
                                      "Thus, ",         "Hence, ",
                                      "Moreover, ",     "Furthermore, ",
                                      "In addition, ",  "Additionally, ",
                                      "For example, ",  "For instance, ",
                                      "As a result, ",  "Consequently, ",
                                      "Nevertheless, ", "On the other hand, ",
                                      "In contrast, ",  "Also, ",
                                      "Then, ",         "Finally, ",
                                      "Similarly, ",    "That is, ",
                                      "In fact, ",      "Indeed, "}) {
    if (!quote.starts_with(word) || quote.size() <= word.size()) continue;
    std::string out = quote.substr(word.size());
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
  }
  return quote;
}

class Answering {
 public:
  Answering(const AnswerParts& parts, const AnswerAsk& ask) : parts_(parts), ask_(ask) {}

  Result<PaperAnswer> run();

 private:
  Status step() const {
    if (parts_.is_stopped && parts_.is_stopped()) return {Code::kCancelled, "interrupted"};
    if (parts_.on_stage) parts_.on_stage(answer_);
    return {};
  }
  void note(const char* stage, Clock::time_point start, std::string said) {
    answer_.stages.push_back({.name = stage, .ms = ms_since(start), .said = std::move(said)});
  }
  void decompose();
  Status take_sources(const std::vector<GatheredPaper>& papers);
  void write();
  Status check();
  Status ask_model(std::span<const NliPair> pairs, std::span<AnswerSentence* const> sentences);

  const AnswerParts& parts_;
  const AnswerAsk& ask_;
  PaperAnswer answer_;
};

Result<PaperAnswer> Answering::run() {
  const auto start = Clock::now();
  decompose();
  QUERN_TRY(step());
  QUERN_ASSIGN(const std::vector<GatheredPaper> papers, gather_papers(parts_, ask_, answer_));
  QUERN_TRY(step());
  QUERN_ASSIGN(answer_.quotes, choose_quotes(parts_, papers, answer_));
  QUERN_TRY(take_sources(papers));
  QUERN_TRY(step());
  write();
  QUERN_TRY(step());
  QUERN_TRY(check());
  if (answer_.sections.empty() && answer_.why_empty.empty()) {
    answer_.why_empty = "no sentence of the papers that were found can be quoted";
  }
  if (!answer_.sections.empty()) answer_.why_empty.clear();
  answer_.total_ms = ms_since(start);
  QUERN_TRY(step());
  return std::move(answer_);
}

void Answering::decompose() {
  const auto start = Clock::now();
  answer_.profile = ask_.profile.name;
  answer_.question = parts_of_question(ask_.question, this_year());
  answer_.title = title_of(answer_.question.text);
  note("decompose", start,
       answer_.question.note.empty()
           ? "looks for: " + answer_.question.search
           : fmt::format("looks for: {}; {}", answer_.question.search, answer_.question.note));
}

// Those that are quoted, and in the order of their scores.
Status Answering::take_sources(const std::vector<GatheredPaper>& papers) {
  std::vector<bool> is_quoted(papers.size());
  for (const AnswerQuote& quote : answer_.quotes) is_quoted[quote.i_source] = true;
  std::vector<std::int64_t> ids;
  std::vector<std::size_t> place(papers.size());
  for (std::size_t i = 0; i < papers.size(); ++i) {
    if (!is_quoted[i]) continue;
    place[i] = ids.size();
    ids.push_back(papers[i].corpus_id);
  }
  QUERN_ASSIGN(auto known, parts_.library->papers(ids));
  std::vector<KnownPaper> sources;
  for (auto& paper : known) sources.push_back(paper ? std::move(*paper) : KnownPaper());
  const std::vector<std::string> references = references_of(sources);
  for (std::size_t i = 0; i < papers.size(); ++i) {
    if (!is_quoted[i]) continue;
    answer_.sources.push_back({.paper = std::move(sources[place[i]]),
                               .reference = references[place[i]],
                               .score = papers[i].score});
  }
  for (AnswerQuote& quote : answer_.quotes) quote.i_source = place[quote.i_source];
  return {};
}

// By the parts of the papers that the quotes are from; the best of each part first.
void Answering::write() {
  const auto start = Clock::now();
  for (const SectionPlan& plan : kSections) {
    AnswerSection section{.title = plan.title};
    std::vector<bool> is_source(answer_.sources.size());
    for (std::size_t i = 0; i < answer_.quotes.size(); ++i) {
      const AnswerQuote& quote = answer_.quotes[i];
      if (part_of_paper(quote.kind, quote.section) != plan.part) continue;
      is_source[quote.i_source] = true;
      section.sentences.push_back(
          {.text = without_connective(quote.text),
           .reference = fmt::format("({})", answer_.sources[quote.i_source].reference),
           .i_quote = i});
    }
    if (section.sentences.empty()) continue;
    const auto n = std::count(is_source.begin(), is_source.end(), true);
    section.tldr = fmt::format("{} ({} source{})", section.sentences[0].text, n, n == 1 ? "" : "s");
    answer_.sections.push_back(std::move(section));
  }
  note("plan", start, fmt::format("{} sections", answer_.sections.size()));
}

/// Whether a quote has a sentence in these words; its first letter may have been made a capital.
bool is_verbatim(std::string_view sentence, std::string_view quote) {
  return !sentence.empty() && quote.find(sentence.substr(1)) != quote.npos;
}

Status Answering::check() {
  const auto start = Clock::now();
  std::vector<NliPair> pairs;
  std::vector<AnswerSentence*> asked;
  std::size_t n_verbatim = 0;
  for (AnswerSection& section : answer_.sections) {
    for (AnswerSentence& sentence : section.sentences) {
      const std::string& quote = answer_.quotes[sentence.i_quote].text;
      if (is_verbatim(sentence.text, quote)) {
        sentence.support = Support::kVerbatim;
        sentence.entailment = 1;
        ++n_verbatim;
        continue;
      }
      asked.push_back(&sentence);
      pairs.push_back({.premise = quote, .hypothesis = sentence.text});
    }
  }
  if (!pairs.empty() && parts_.entailment != nullptr) QUERN_TRY(ask_model(pairs, asked));
  note("check", start,
       fmt::format("{} sentences stand in their quotes as they are, {} were asked about",
                   n_verbatim, parts_.entailment != nullptr ? pairs.size() : 0));
  return {};
}

Status Answering::ask_model(std::span<const NliPair> pairs,
                            std::span<AnswerSentence* const> sentences) {
  answer_.nli_model = parts_.entailment->model();
  QUERN_ASSIGN(const std::vector<NliAnswer> said,
               parts_.entailment->judge(pairs, engine::WorkClass::kInteractive));
  const Calibration calibration = calibration_for(parts_.entailment->digest());
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (!said[i].status.ok()) continue;
    const NliScores scores = scores_at({.entailment = said[i].entailment,
                                        .contradiction = said[i].contradiction,
                                        .neutral = said[i].neutral},
                                       calibration.temperature);
    sentences[i]->entailment = scores.entailment;
    sentences[i]->support = scores.entailment >= kEntails ? Support::kSupported : Support::kUnsure;
  }
  return {};
}

}  // namespace

Result<PaperAnswer> answer_from_quotes(const AnswerParts& parts, const AnswerAsk& ask) {
  if (ask.question.size() > kMaxQuestionBytes) {
    return {Code::kTooLarge, fmt::format("a question of {} bytes, at most {}", ask.question.size(),
                                         kMaxQuestionBytes)};
  }
  if (!is_valid_utf8(ask.question)) return {Code::kBadInput, "the question is not UTF-8"};
  if (title_key(ask.question).empty()) {
    return {Code::kBadInput, "the question has no letter or digit"};
  }
  return Answering(parts, ask).run();
}

}  // namespace quern::apps
