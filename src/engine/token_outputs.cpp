#include "engine/token_outputs.h"

#include <algorithm>
#include <map>

#include "models/pooling.h"

namespace quern::engine {
namespace {

bool has(const std::vector<text::TokenId>& ascending, text::TokenId id) {
  return std::binary_search(ascending.begin(), ascending.end(), id);
}

}  // namespace

void keep_rows(const EncoderFacts& facts, const Plan& plan, const text::Encoding& input,
               Matrix<const float> rows, Outcome& out) {
  const auto& late = facts.folder.head.rows->late;
  const bool skips = late && !input.is_query;
  const auto width = static_cast<std::size_t>(plan.slice_to > 0 ? plan.slice_to : rows.cols);
  for (int r = late && late->skips_first ? 1 : 0; r < rows.rows; ++r) {
    const text::TokenId id = input.ids[static_cast<std::size_t>(r)];
    if (skips && has(facts.ids.skipped, id)) continue;
    out.ids.push_back(id);
    const std::span<const float> row = rows.row(r).first(width);
    out.values.insert(out.values.end(), row.begin(), row.end());
    if (plan.slice_to > 0 && plan.slice == Slice::kNormalize) {
      models::normalize_row(std::span(out.values).last(width));
    }
  }
}

void keep_tags(const text::Encoding& input, Matrix<const float> rows, Outcome& out) {
  for (int r = 0; r < rows.rows; ++r) {
    const auto i = static_cast<std::size_t>(r);
    if (input.spans[i] == ByteSpan()) continue;
    out.ids.push_back(input.ids[i]);
    out.spans.push_back(input.spans[i]);
    out.values.insert(out.values.end(), rows.row(r).begin(), rows.row(r).end());
  }
}

void keep_terms(const EncoderFacts& facts, const text::Encoding& input, Matrix<const float> made,
                Outcome& out) {
  const auto add = [&out](text::TokenId id, float weight) {
    out.ids.push_back(id);
    out.values.push_back(weight);
  };
  if (facts.folder.head.sparse->kind == formats::SparseFacts::Kind::kMaskedLm) {
    const std::span<const float> weights = made.row(0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      // What is not a number is kept: it is told of, not passed over.
      if (!(weights[i] <= 0)) add(static_cast<text::TokenId>(i), weights[i]);
    }
    return;
  }
  std::map<text::TokenId, float> largest;
  for (int r = 0; r < made.rows; ++r) {
    const text::TokenId id = input.ids[static_cast<std::size_t>(r)];
    const float weight = made.row(r)[0];
    if (weight <= 0 || has(facts.ids.no_terms, id)) continue;
    float& best = largest.emplace(id, weight).first->second;
    if (!(weight <= best)) best = weight;
  }
  for (const auto& [id, weight] : largest) add(id, weight);
}

}  // namespace quern::engine
