#include "engine/request_bytes.h"

#include <algorithm>

#include "engine/scoring/max_sim.h"

namespace quern::engine {
namespace {

constexpr std::size_t kIdBytes = sizeof(text::TokenId);

std::size_t n_text_bytes(const Input& input) {
  return input.text.size() + (input.text_pair ? input.text_pair->size() : 0);
}

/// A token is a byte of its text at least, or of its prompt or template; or it fills a query up.
std::size_t most_tokens(const Input& input, const EncoderFacts& facts, const Plan& plan,
                        bool is_query) {
  const std::size_t n_ids = input.ids ? input.ids->size() : n_text_bytes(input);
  std::size_t n = n_ids + plan.prompt.size() + plan.query_prompt.size() + 256;
  const auto& rows = facts.folder.head.rows;
  if (is_query && rows && rows->late && rows->late->filling) {
    n = std::max(n, static_cast<std::size_t>(rows->late->filling->n_tokens));
  }
  return std::min(n, static_cast<std::size_t>(facts.folder.config.n_positions));
}

/// Numbers and ids that the outcome of an input holds, at most.
std::size_t outcome_bytes(const Input& input, const EncoderFacts& facts, const Plan& plan,
                          bool is_query) {
  const formats::ModelFolder& folder = facts.folder;
  const auto n_vocab = static_cast<std::size_t>(folder.config.n_vocab);
  const formats::OutputShape shape = folder.head.shape_of(plan.form.kind, folder.config.n_vocab);
  if (plan.form.kind == OutputKind::kSparse) {
    // Any term may have a weight, or any that the text has a token of.
    const bool is_lexical = folder.head.sparse->kind == formats::SparseFacts::Kind::kLexical;
    const std::size_t n_terms =
        is_lexical ? std::min(n_vocab, most_tokens(input, facts, plan, is_query)) : n_vocab;
    return n_terms * (sizeof(float) + kIdBytes);
  }
  const auto n_values = static_cast<std::size_t>(shape.n_values);
  if (!shape.per_token) return n_values * sizeof(float);
  return most_tokens(input, facts, plan, is_query) * (n_values * sizeof(float) + kIdBytes);
}

}  // namespace

std::size_t request_bytes(const Request& request, const ModelCard& card, const Plan& plan,
                          int n_threads) {
  const EncoderFacts& facts = card.as_encoder();
  std::size_t bytes = request.query.size();
  std::size_t largest_document = 0;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const Input& input = request.inputs[i];
    bytes += sizeof(Input) + sizeof(Outcome) + n_text_bytes(input);
    if (input.ids) bytes += input.ids->size() * sizeof(text::TokenId);
    const bool is_query = plan.scores_first ? i == 0 : plan.role == TextRole::kQuery;
    const std::size_t outcome = outcome_bytes(input, facts, plan, is_query);
    if (plan.scores_first && i > 0) {
      bytes += sizeof(float);
      largest_document = std::max(largest_document, outcome);
    } else {
      bytes += outcome;
    }
  }
  if (!plan.scores_first || request.inputs.empty()) return bytes;
  const std::size_t n_rows = most_tokens(request.inputs[0], facts, plan, true);
  return bytes + largest_document +
         max_sim_bytes(static_cast<int>(n_rows), facts.folder.head.rows->n_values, n_threads);
}

}  // namespace quern::engine
