#include "apps/papers/answer_checking.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "apps/claims/shipped_calibrations.h"
#include "apps/claims/verdict.h"
#include "apps/entailment.h"

namespace quern::apps {
namespace {

// From here on a quote is said to entail its sentence.
constexpr double kEntails = 0.5;

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

/// Whether a quote has a sentence in these words; its first letter may have been made a capital.
bool is_verbatim(std::string_view sentence, std::string_view quote) {
  return !sentence.empty() && quote.find(sentence.substr(1)) != quote.npos;
}

std::string premise_of(const PaperAnswer& answer, const AnswerSentence& sentence) {
  std::string out;
  for (const std::size_t i : sentence.i_quotes) {
    out += (out.empty() ? "" : " ") + answer.quotes[i].text;
  }
  return out;
}

}  // namespace

std::string reference_of(const PaperAnswer& answer, std::span<const std::size_t> quotes) {
  std::string out;
  std::vector<std::size_t> named;
  for (const std::size_t i : quotes) {
    const std::size_t source = answer.quotes[i].i_source;
    if (std::find(named.begin(), named.end(), source) != named.end()) continue;
    named.push_back(source);
    out += (out.empty() ? "" : "; ") + answer.sources[source].reference;
  }
  return out.empty() ? "" : "(" + out + ")";
}

AnswerSentence quoted_sentence(const PaperAnswer& answer, std::size_t i_quote) {
  const std::size_t quotes[] = {i_quote};
  return {.text = without_connective(answer.quotes[i_quote].text),
          .reference = reference_of(answer, quotes),
          .i_quotes = {i_quote}};
}

SentenceChecking::SentenceChecking(const Entailment* entailment, const PaperAnswer& answer)
    : entailment_(entailment), answer_(answer), is_said_(answer.quotes.size()) {}

Status SentenceChecking::check(AnswerSection& section) {
  std::vector<NliPair> pairs;
  std::vector<AnswerSentence*> asked;
  for (AnswerSentence& sentence : section.sentences) {
    const bool is_quote = std::any_of(
        sentence.i_quotes.begin(), sentence.i_quotes.end(),
        [&](std::size_t i) { return is_verbatim(sentence.text, answer_.quotes[i].text); });
    if (is_quote) {
      sentence.support = Support::kVerbatim;
      sentence.entailment = 1;
      ++n_verbatim_;
      for (const std::size_t i : sentence.i_quotes) is_said_[i] = true;
    } else if (sentence.i_quotes.empty()) {
      sentence.support = Support::kUnsure;
    } else {
      asked.push_back(&sentence);
      pairs.push_back({.premise = premise_of(answer_, sentence), .hypothesis = sentence.text});
    }
  }
  n_judged_ += pairs.size();
  if (!pairs.empty() && entailment_ != nullptr) QUERN_TRY(ask_model(pairs, asked));
  repair(section);
  return {};
}

Status SentenceChecking::ask_model(std::span<const NliPair> pairs,
                                   std::span<AnswerSentence* const> sentences) {
  QUERN_ASSIGN(const std::vector<NliAnswer> said,
               entailment_->judge(pairs, engine::WorkClass::kInteractive));
  const Calibration calibration = calibration_for(entailment_->digest());
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

void SentenceChecking::repair(AnswerSection& section) {
  for (AnswerSentence& sentence : section.sentences) {
    if (sentence.support != Support::kUnsure) continue;
    const auto free = std::find_if(sentence.i_quotes.begin(), sentence.i_quotes.end(),
                                   [&](std::size_t i) { return !is_said_[i]; });
    if (free == sentence.i_quotes.end()) continue;
    const std::size_t i_quote = *free;
    is_said_[i_quote] = true;
    std::string replaced = std::move(sentence.text);
    sentence = quoted_sentence(answer_, i_quote);
    sentence.replaced = std::move(replaced);
    sentence.support = Support::kVerbatim;
    sentence.entailment = 1;
    ++n_repaired_;
  }
}

std::string SentenceChecking::said() const {
  std::string out = fmt::format("{} sentences stand in their quotes as they are", n_verbatim_);
  if (n_judged_ == 0) return out;
  return out +
         (entailment_ == nullptr
              ? fmt::format(", {} could not be checked: there is no entailment model", n_judged_)
              : fmt::format(", {} were judged, {} gave way to a quote", n_judged_, n_repaired_));
}

}  // namespace quern::apps
