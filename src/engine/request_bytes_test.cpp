#include "engine/request_bytes.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

constexpr std::size_t kRowBytes = 1024 * sizeof(float) + sizeof(text::TokenId);
constexpr std::size_t kTermBytes = sizeof(float) + sizeof(text::TokenId);

/// As BGE-M3.
ModelCard card_of_rows() {
  EncoderFacts facts;
  facts.folder.config.n_vocab = 250000;
  facts.folder.config.n_positions = 8192;
  formats::RowFacts rows{.n_values = 1024};
  rows.late.emplace();
  formats::set_late_interaction(std::move(rows), facts.folder.head);
  ModelCard card;
  card.facts = std::move(facts);
  return card;
}

Request texts(std::size_t n, std::size_t n_bytes) {
  Request request;
  for (std::size_t i = 0; i < n; ++i) {
    request.inputs.push_back({.text = std::string(n_bytes, 'x'), .text_pair = {}, .ids = {}});
  }
  return request;
}

Plan plan_for(OutputKind kind) {
  Plan plan;
  plan.form.kind = kind;
  return plan;
}

TEST(request_bytes, of_scored_documents_only_one_has_its_rows) {
  const ModelCard card = card_of_rows();
  Plan plan = plan_for(OutputKind::kRows);
  const Request request = texts(1001, 2000);
  EXPECT_GT(request_bytes(request, card, plan, 2), 1001 * 2000 * kRowBytes);
  plan.scores_first = true;
  const std::size_t bytes = request_bytes(request, card, plan, 2);
  EXPECT_GT(bytes, 2 * 2000 * kRowBytes + 1001 * 2000);
  EXPECT_LT(bytes, 3 * 2256 * kRowBytes + 1001 * 2500);
}

TEST(request_bytes, what_fills_a_query_up_has_rows) {
  ModelCard card = card_of_rows();
  Plan plan = plan_for(OutputKind::kRows);
  const Request request = texts(1, 1);
  std::get<EncoderFacts>(card.facts).folder.head.rows->late->filling = {
      .token = "[MASK]", .n_tokens = 3000, .is_seen = true};
  EXPECT_LT(request_bytes(request, card, plan, 2), 1000 * kRowBytes);  // Of a document.
  plan.role = TextRole::kQuery;
  EXPECT_GT(request_bytes(request, card, plan, 2), 3000 * kRowBytes);
  plan.role = TextRole::kAny;
  plan.scores_first = true;
  EXPECT_GT(request_bytes(request, card, plan, 2), 3000 * kRowBytes);
}

TEST(request_bytes, every_term_may_have_a_weight) {
  ModelCard card = card_of_rows();
  formats::HeadFacts& head = std::get<EncoderFacts>(card.facts).folder.head;
  head.sparse = {.kind = formats::SparseFacts::Kind::kMaskedLm};
  const Plan plan = plan_for(OutputKind::kSparse);
  EXPECT_GT(request_bytes(texts(1, 10), card, plan, 2), 250000 * kTermBytes);
  head.sparse->kind = formats::SparseFacts::Kind::kLexical;
  EXPECT_LT(request_bytes(texts(1, 10), card, plan, 2), 1000 * kTermBytes);
  EXPECT_GT(request_bytes(texts(1, 8000), card, plan, 2), 8000 * kTermBytes);
}

}  // namespace
}  // namespace quern::engine
