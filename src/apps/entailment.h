// What an entailment (NLI) model says of premises and hypotheses, by meaning: its labels are found
// by their names, whatever their order. Claims and checked answers share it.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"
#include "text/tokenizer.h"

namespace quern::apps {

/// The premise is what is known (a sentence of a source), the hypothesis what is claimed.
struct NliPair {
  std::string premise;
  std::string hypothesis;
};

/// One pair's logits, or why there are none. Of a model with two labels ("not_entailment") the
/// others share one number: then it says nothing of contradiction.
struct NliAnswer {
  Status status;
  float entailment = 0;
  float contradiction = 0;
  float neutral = 0;
  int n_tokens = 0;
  int n_dropped = 0;  // Tokens that were cut off.
};

/// Threads: any; the engine outlives it.
class Entailment {
 public:
  /// Errors: kNotFound for the model; kBadInput naming its labels where it is no NLI model.
  static Result<Entailment> open(engine::Engine& engine, const std::string& model);

  const std::string& model() const { return model_; }
  /// [n_labels] As the model names them.
  const std::vector<std::string>& labels() const { return labels_; }
  /// Whether each of the three has a label of its own.
  bool has_all_labels() const { return labels_.size() == 3; }
  const std::string& digest() const { return digest_; }  // hub::model_digest.
  int max_tokens() const { return max_tokens_; }         // Of a pair, the template's included.

  /// Tokens that a premise may have for the model to read both whole; below 1 where it reads none.
  int room_beside(std::string_view hypothesis) const;
  /// The premise as pieces of at most `room` tokens each: itself, where it has no more. Errors: as
  /// text_windows.
  Result<std::vector<std::string_view>> pieces_of(std::string_view premise, int room) const;

  /// All pairs in one request, so that they share batches. Errors: as a request's; what is wrong
  /// with one pair is its own status.
  Result<std::vector<NliAnswer>> judge(std::span<const NliPair> pairs,
                                       engine::WorkClass work_class) const;

 private:
  Entailment() = default;

  engine::Engine* engine_ = nullptr;
  std::string model_;
  std::string digest_;
  std::vector<std::string> labels_;
  std::vector<int> meaning_;  // [n_labels] 0 entailment, 1 contradiction, 2 neutral
  std::shared_ptr<const text::TextEncoder> encoder_;
  int max_tokens_ = 0;
};

}  // namespace quern::apps
