#include "engine/embedding_facts.h"

#include <fmt/format.h>

#include "engine/cache/head_identity.h"

namespace quern::engine {

Result<EmbeddingFacts> embedding_facts(const ModelCard& card, const Plan& plan,
                                       std::string_view weights, std::string_view arithmetic) {
  if (plan.form.kind != OutputKind::kVector) {
    return {Code::kBadInput, fmt::format("model '{}' makes {}, a vector of each text is wanted",
                                         card.name, formats::output_name(plan.form.kind))};
  }
  const formats::HeadFacts& head = card.as_encoder().folder.head;
  EmbeddingFacts facts;
  facts.model = card.name;
  facts.d = plan.slice_to > 0 ? plan.slice_to : head.n_values;
  const bool is_scaled = plan.slice_to > 0 && plan.slice == Slice::kNormalize;
  const bool is_cut = plan.slice_to > 0 && plan.slice_to < head.n_values;
  facts.is_unit = is_scaled || (head.is_normalized() && !plan.form.leaves_last_norm && !is_cut);
  facts.max_tokens = plan.max_tokens;
  facts.n_own_tokens = static_cast<int>(card.encoder->encode(plan.prompt, 0).ids.size());
  facts.prompt = plan.prompt;
  facts.meaning = fmt::format("{}\n{}\ncut to {} {} {}, prompt of {} that {} count\n{}", weights,
                              head_identity(head), plan.slice_to, static_cast<int>(plan.slice),
                              plan.form.leaves_last_norm, plan.prompt.size(),
                              plan.n_unpooled > 0 ? "does not" : "does", plan.prompt);
  facts.arithmetic = fmt::format("{}, windows of {} tokens", arithmetic, plan.max_tokens);
  return facts;
}

}  // namespace quern::engine
