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
#include "apps/papers/answer_writing.h"
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

// By PaperPart.
constexpr std::array kSections = {"In short", "Background", "Approaches", "Results", "Discussion"};

// A section of an answer is not shorter because there are many.
constexpr int kMinSectionTokens = 128;

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
  Status write();
  void write_section(AnswerSection& section, std::span<const std::size_t> quotes,
                     std::vector<ModelExchange>& exchanges);
  void write_tldr(AnswerSection& section) const;
  std::string reference_of(std::span<const std::size_t> quotes) const;
  AnswerSentence quoted(std::size_t i_quote) const;
  Status check();
  std::string premise_of(const AnswerSentence& sentence) const;
  Status ask_model(std::span<const NliPair> pairs, std::span<AnswerSentence* const> sentences);
  std::size_t repair();

  const AnswerParts& parts_;
  const AnswerAsk& ask_;
  PaperAnswer answer_;
  int n_planned_ = 1;           // Sections.
  std::size_t n_invented_ = 0;  // References of no quote.
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
  QUERN_TRY(write());
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

std::string Answering::reference_of(std::span<const std::size_t> quotes) const {
  std::string out;
  std::vector<std::size_t> named;
  for (const std::size_t i : quotes) {
    const std::size_t source = answer_.quotes[i].i_source;
    if (std::find(named.begin(), named.end(), source) != named.end()) continue;
    named.push_back(source);
    out += (out.empty() ? "" : "; ") + answer_.sources[source].reference;
  }
  return out.empty() ? "" : "(" + out + ")";
}

AnswerSentence Answering::quoted(std::size_t i_quote) const {
  const std::size_t quotes[] = {i_quote};
  return {.text = without_connective(answer_.quotes[i_quote].text),
          .reference = reference_of(quotes),
          .i_quotes = {i_quote}};
}

// The quotes themselves, or what a model makes of them; the quotes where it makes nothing.
void Answering::write_section(AnswerSection& section, std::span<const std::size_t> quotes,
                              std::vector<ModelExchange>& exchanges) {
  if (parts_.writer) {
    WriterPrompt prompt = section_prompt(answer_, ask_.profile, section.title, quotes);
    prompt.max_tokens = std::max(kMinSectionTokens, ask_.profile.max_tokens / n_planned_);
    const Result<std::string> reply = parts_.writer(prompt);
    exchanges.push_back({.system = prompt.system,
                         .prompt = prompt.user,
                         .reply = reply.ok() ? *reply : "",
                         .error = reply.status().message()});
    for (WrittenSentence& one : sentences_of_reply(exchanges.back().reply, quotes.size())) {
      n_invented_ += one.n_invented;
      AnswerSentence sentence{.text = std::move(one.text)};
      for (const std::size_t number : one.numbers) sentence.i_quotes.push_back(quotes[number]);
      sentence.reference = reference_of(sentence.i_quotes);
      section.sentences.push_back(std::move(sentence));
    }
  }
  if (!section.sentences.empty()) return;
  for (const std::size_t i : quotes) section.sentences.push_back(quoted(i));
}

// By the parts of the papers that the quotes are from; the best of each part first.
Status Answering::write() {
  const auto start = Clock::now();
  std::vector<ModelExchange> exchanges;
  std::array<std::vector<std::size_t>, kSections.size()> quotes_of;
  for (std::size_t i = 0; i < answer_.quotes.size(); ++i) {
    const AnswerQuote& quote = answer_.quotes[i];
    quotes_of[static_cast<std::size_t>(part_of_paper(quote.kind, quote.section))].push_back(i);
  }
  n_planned_ = static_cast<int>(std::count_if(quotes_of.begin(), quotes_of.end(),
                                              [](const auto& one) { return !one.empty(); }));
  for (std::size_t i = 0; i < kSections.size(); ++i) {
    if (quotes_of[i].empty()) continue;
    AnswerSection section{.title = kSections[i]};
    write_section(section, quotes_of[i], exchanges);
    answer_.sections.push_back(std::move(section));
    if (parts_.writer) QUERN_TRY(step());
  }
  std::string said = fmt::format("{} sections", answer_.sections.size());
  const auto n_failed = std::count_if(exchanges.begin(), exchanges.end(),
                                      [](const ModelExchange& one) { return !one.error.empty(); });
  if (n_failed > 0) {
    said += fmt::format(", {} of quotes alone, for the model failed: {}", n_failed,
                        std::find_if(exchanges.begin(), exchanges.end(), [](const auto& one) {
                          return !one.error.empty();
                        })->error);
  }
  if (n_invented_ > 0) said += fmt::format(", {} invented references lost", n_invented_);
  note(parts_.writer ? "write" : "plan", start, std::move(said));
  answer_.stages.back().exchanges = std::move(exchanges);
  return {};
}

// How many sources it has, behind its first sentence.
void Answering::write_tldr(AnswerSection& section) const {
  std::vector<bool> is_source(answer_.sources.size());
  for (const AnswerSentence& sentence : section.sentences) {
    for (const std::size_t i : sentence.i_quotes) is_source[answer_.quotes[i].i_source] = true;
  }
  const auto n = std::count(is_source.begin(), is_source.end(), true);
  section.tldr = fmt::format("{} ({})", section.sentences[0].text,
                             n == 0   ? std::string("LLM Memory")
                             : n == 1 ? std::string("1 source")
                                      : fmt::format("{} sources", n));
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
      const bool is_quote = std::any_of(
          sentence.i_quotes.begin(), sentence.i_quotes.end(),
          [&](std::size_t i) { return is_verbatim(sentence.text, answer_.quotes[i].text); });
      if (is_quote) {
        sentence.support = Support::kVerbatim;
        sentence.entailment = 1;
        ++n_verbatim;
      } else if (sentence.i_quotes.empty()) {
        sentence.support = Support::kUnsure;
      } else {
        asked.push_back(&sentence);
        pairs.push_back({.premise = premise_of(sentence), .hypothesis = sentence.text});
      }
    }
  }
  if (!pairs.empty() && parts_.entailment != nullptr) QUERN_TRY(ask_model(pairs, asked));
  const std::size_t n_repaired = repair();
  for (AnswerSection& section : answer_.sections) write_tldr(section);
  std::string said = fmt::format("{} sentences stand in their quotes as they are", n_verbatim);
  if (!pairs.empty()) {
    said +=
        parts_.entailment == nullptr
            ? fmt::format(", {} could not be checked: there is no entailment model", pairs.size())
            : fmt::format(", {} were judged, {} gave way to a quote", pairs.size(), n_repaired);
  }
  note("check", start, std::move(said));
  return {};
}

std::string Answering::premise_of(const AnswerSentence& sentence) const {
  std::string out;
  for (const std::size_t i : sentence.i_quotes) {
    out += (out.empty() ? "" : " ") + answer_.quotes[i].text;
  }
  return out;
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

// What its quotes do not entail gives way to the best of them that the answer does not have yet;
// where it has them all, the sentence stays and is marked.
std::size_t Answering::repair() {
  std::vector<bool> is_said(answer_.quotes.size());
  for (const AnswerSection& section : answer_.sections) {
    for (const AnswerSentence& sentence : section.sentences) {
      if (sentence.support != Support::kVerbatim) continue;
      for (const std::size_t i : sentence.i_quotes) is_said[i] = true;
    }
  }
  std::size_t n = 0;
  for (AnswerSection& section : answer_.sections) {
    for (AnswerSentence& sentence : section.sentences) {
      if (sentence.support != Support::kUnsure) continue;
      const auto free = std::find_if(sentence.i_quotes.begin(), sentence.i_quotes.end(),
                                     [&](std::size_t i) { return !is_said[i]; });
      if (free == sentence.i_quotes.end()) continue;
      const std::size_t i_quote = *free;
      is_said[i_quote] = true;
      std::string replaced = std::move(sentence.text);
      sentence = quoted(i_quote);
      sentence.replaced = std::move(replaced);
      sentence.support = Support::kVerbatim;
      sentence.entailment = 1;
      ++n;
    }
  }
  return n;
}

}  // namespace

Result<PaperAnswer> answer_question(const AnswerParts& parts, const AnswerAsk& ask) {
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
