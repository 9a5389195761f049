#include "engine/finish_outcome.h"

#include "engine/token_outputs.h"
#include "models/vector_head.h"

namespace quern::engine {

void finish_outcome(const ModelCard& card, const Plan& plan, const text::Encoding& input,
                    Matrix<const float> made, Outcome& out) {
  const EncoderFacts& facts = card.as_encoder();
  if (plan.form.kind == OutputKind::kRows) return keep_rows(facts, plan, input, made, out);
  if (plan.form.kind == OutputKind::kSparse) return keep_terms(facts, input, made, out);
  if (plan.form.kind == OutputKind::kTags) return keep_tags(input, made, out);
  out.values.assign(made.row(0).begin(), made.row(0).end());
  if (plan.slice_to == 0) return;
  if (plan.slice == Slice::kCutOnly) {
    out.values.resize(static_cast<std::size_t>(plan.slice_to));
  } else {
    models::slice_and_normalize(out.values, plan.slice_to);
  }
}

}  // namespace quern::engine
