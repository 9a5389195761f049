// From logits to the next token: penalties, temperature, the usual cuts, and a draw that the seed
// and the position alone decide.
//
// Order: logit bias, penalties, temperature, top-k, typical, top-p, min-p, draw.
// Sources: top-k Fan et al. 2018 (arXiv 1805.04833); top-p Holtzman et al. 2019 (arXiv 1904.09751);
// min-p Nguyen et al. 2024 (arXiv 2407.01082); typical Meister et al. 2022 (arXiv 2202.00666);
// repeat penalty Keskar et al. 2019 (arXiv 1909.05858); presence and frequency penalties as the
// OpenAI API defines them.

#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "text/tokenizer_spec.h"

namespace quern::engine {

struct Sampling {
  float temperature = 1;  // 0, or next to it: the most likely token, always.
  int top_k = 0;          // 0: all.
  float top_p = 1;
  float min_p = 0;
  float typical_p = 1;
  float repeat_penalty = 1;  // Divides (negative: multiplies) the logits of tokens seen.
  float presence_penalty = 0;
  float frequency_penalty = 0;
  int penalty_window = 256;  // The last so-many tokens, the prompt's too, count as seen.
  std::vector<std::pair<text::TokenId, float>> logit_bias = {};
  std::uint64_t seed = 0;
};

/// Errors: kBadInput naming the field, what it is and what is wanted.
Status check_sampling(const Sampling& sampling, int n_vocab);

struct TokenProbability {
  text::TokenId id = 0;
  float logprob = 0;  // Natural; of the model's own distribution, before bias, penalties and cuts.
};

/// The token at `id` and the `n` most likely ones, best first (ties: the lower id).
///
/// Shapes: logits [n_vocab], as the model gave them.
std::vector<TokenProbability> top_logprobs(std::span<const float> logits, text::TokenId id, int n,
                                           float& logprob_of_id);

class Sampler {
 public:
  explicit Sampler(const Sampling& sampling) : options_(sampling) {}

  /// Counts a token of the prompt or of the answer as seen.
  void see(text::TokenId id);

  /// The next token. Changes `logits` (penalties, bias).
  ///
  /// Shapes: logits [n_vocab].
  /// Numerics: depends on the logits, on what was seen, on the seed and on `position` only.
  /// Errors: kBadInput when a logit is not a number: the model's weights are damaged.
  Result<text::TokenId> pick(std::span<float> logits, int position);

 private:
  struct Candidate {
    text::TokenId id;
    float weight;  // (logit - largest) / temperature, later its exp.
  };

  void punish(std::span<float> logits) const;
  void collect(std::span<const float> logits, float largest, float inverse);
  void keep_top_k();
  void keep_typical();
  void keep_top_p();
  void keep_min_p();
  text::TokenId draw(int position) const;

  const Sampling options_;
  std::unordered_map<text::TokenId, int> seen_;  // Counts within the window.
  std::deque<text::TokenId> window_;
  std::vector<Candidate> candidates_;
};

}  // namespace quern::engine
