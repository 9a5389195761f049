// Sentences of an answer, held to the quotes that they name.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/papers/paper_answer.h"
#include "base/status.h"

namespace quern::apps {

class Entailment;
struct NliPair;

/// "(Brants, 2000; Doe et al., 2024)": the sources of quotes, each once; "" of none.
std::string reference_of(const PaperAnswer& answer, std::span<const std::size_t> quotes);

/// A quote as a sentence, without words that point to what is not there ("However, ").
AnswerSentence quoted_sentence(const PaperAnswer& answer, std::size_t i_quote);

/// Section after section. `answer` has its quotes and sources, and outlives it.
class SentenceChecking {
 public:
  /// Without an entailment model what is not a quote's own words stays unchecked.
  SentenceChecking(const Entailment* entailment, const PaperAnswer& answer);

  /// Says of each sentence whether its quotes say so. One that they do not entail gives way to the
  /// best of them that the answer does not have yet; where it has them all, it stays and is marked.
  /// Errors: as Entailment::judge.
  Status check(AnswerSection& section);

  /// For people: how many stood in their quotes, were judged, gave way.
  std::string said() const;
  bool has_judged() const { return n_judged_ > 0 && entailment_ != nullptr; }

 private:
  Status ask_model(std::span<const NliPair> pairs, std::span<AnswerSentence* const> sentences);
  void repair(AnswerSection& section);

  const Entailment* const entailment_;
  const PaperAnswer& answer_;
  std::vector<bool> is_said_;  // [quotes], by a sentence that stands in it.
  std::size_t n_verbatim_ = 0;
  std::size_t n_judged_ = 0;
  std::size_t n_repaired_ = 0;
};

}  // namespace quern::apps
