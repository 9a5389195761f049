#include "engine/cache/stored_result.h"

#include <algorithm>
#include <utility>

#include "engine/finish_outcome.h"

namespace quern::engine {
namespace {

bool are_terms(const StoredResult& stored, int n_vocab) {
  const auto is_term = [&](text::TokenId id) { return id >= 0 && id < n_vocab; };
  return stored.ids.size() == stored.values.size() &&
         std::all_of(stored.ids.begin(), stored.ids.end(), is_term) &&
         std::adjacent_find(stored.ids.begin(), stored.ids.end(), std::greater_equal<>()) ==
             stored.ids.end();
}

}  // namespace

StoredResult stored_result(const ModelCard& card, const Plan& plan, const text::Encoding& input,
                           Matrix<const float> made) {
  // A weight for every term of the vocabulary, nearly all 0: only those that count are kept.
  if (plan.form.kind == OutputKind::kSparse) {
    Outcome kept;
    finish_outcome(card, plan, input, made, kept);
    return {.values = std::move(kept.values), .ids = std::move(kept.ids)};
  }
  StoredResult out;
  out.values.reserve(static_cast<std::size_t>(made.rows) * static_cast<std::size_t>(made.cols));
  for (int r = 0; r < made.rows; ++r) {
    out.values.insert(out.values.end(), made.row(r).begin(), made.row(r).end());
  }
  return out;
}

bool finish_stored(const ModelCard& card, const Plan& plan, const text::Encoding& input,
                   const StoredResult& stored, Outcome& out) {
  const formats::ModelFolder& folder = card.as_encoder().folder;
  if (plan.form.kind == OutputKind::kSparse) {
    if (!are_terms(stored, folder.config.n_vocab)) return false;
    out.values = stored.values;
    out.ids = stored.ids;
    return true;
  }
  const formats::OutputShape shape = folder.head.shape_of(plan.form.kind, folder.config.n_vocab);
  const int n_rows = shape.per_token ? static_cast<int>(input.ids.size()) : 1;
  const auto n_values = static_cast<std::size_t>(n_rows) * static_cast<std::size_t>(shape.n_values);
  if (!stored.ids.empty() || stored.values.size() != n_values) return false;
  finish_outcome(card, plan, input,
                 Matrix<const float>(stored.values.data(), n_rows, shape.n_values), out);
  return true;
}

}  // namespace quern::engine
