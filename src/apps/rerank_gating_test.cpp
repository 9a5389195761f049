#include "apps/rerank_gating.h"

#include <gtest/gtest.h>

#include "apps/ingest.h"
#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"
#include "store/writer.h"

namespace quern::apps {
namespace {

constexpr int kDocs = 30;

class rerank_gating : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    const auto schema = schema_from_text("text", "english", 1.2f, 0.75f);
    const std::string model = fixture_model("tiny-mean-f32");
    const auto embedder = TextEmbedder::open(*engine_, {.model = model});
    ASSERT_TRUE(embedder.ok()) << embedder.status().message();
    ASSERT_TRUE(
        store::create_store({.folder = path("store")}, *schema, "test", *space_of(*embedder, model))
            .ok());
    writer_ = std::move(*store::Writer::open({.folder = path("store")}, {.who = "test"}));
    IngestJob job = {.writer = writer_.get(), .embedder = &*embedder, .space = 1};
    int i = 0;
    job.next = [&]() -> Result<std::optional<SourceDocument>> {
      if (i == kDocs) return std::optional<SourceDocument>();
      SourceDocument out;
      out.document.key = std::to_string(i);
      out.document.fields = {words(i++)};
      return std::optional<SourceDocument>(std::move(out));
    };
    ASSERT_TRUE(ingest(job).ok());
    store_ = std::move(*store::Store::open({.folder = path("store")}));
    retriever_.emplace(
        std::move(*Retriever::create(store_->schema(), ThreadPool::serial(), engine_.get())));
  }

  static std::string words(int i) { return "cat number" + std::to_string(i) + " on the mat"; }

  /// Keeps a fusion, and a gate that was learnt with it.
  void learn(double tau, double alpha = 0.5) {
    store::FusionFit fit;
    fit.choice.spec.alpha = alpha;
    const store::FitRow fusion = row_of_fit(fit, **store_->snapshot());
    ASSERT_TRUE(writer_->set_fit(fusion).ok());
    const auto gate =
        row_of_gate(*engine_, {.tau = tau, .report = {}}, fusion, fixture_model("tiny-reranker"));
    ASSERT_TRUE(gate.ok()) << gate.status().message();
    ASSERT_TRUE(writer_->set_fit(*gate).ok());
  }

  Retrieved ask(std::optional<store::FusionChoice> fusion = {}) {
    Ask ask = {.text = words(7), .fusion = fusion};
    ask.rerank = RerankWish{.model = fixture_model("tiny-reranker"), .n_texts = 5};
    auto answer = retriever_->retrieve(*store_->snapshot(), ask);
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? std::move(*answer) : Retrieved();
  }

  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::Store> store_;
  std::optional<Retriever> retriever_;
};

}  // namespace

TEST_F(rerank_gating, where_both_sides_agree_it_is_skipped_and_said) {
  EXPECT_TRUE(ask().rerank.has_value());  // Nothing was learnt.
  learn(/*tau=*/1e-6);
  const Retrieved spared = ask();
  EXPECT_GT(spared.found.lead, 1e-6);
  EXPECT_FALSE(spared.rerank.has_value());
  EXPECT_EQ(spared.rerank_note, "skipped: both sides agree");
  EXPECT_EQ(spared.hits[0].found.hit.key, "7");
  learn(/*tau=*/std::numeric_limits<double>::infinity());
  EXPECT_TRUE(ask().rerank.has_value());
}

TEST_F(rerank_gating, a_gate_is_for_the_fusion_that_it_was_learnt_with) {
  learn(/*tau=*/1e-6);
  EXPECT_TRUE(ask(store::FusionChoice{.spec = {.kind = store::FusionKind::kRrf}, .fitted = {}})
                  .rerank.has_value());
  store::FusionFit other;
  other.choice.spec.alpha = 0.7;
  ASSERT_TRUE(writer_->set_fit(row_of_fit(other, **store_->snapshot())).ok());
  const Retrieved reranked = ask();
  EXPECT_TRUE(reranked.rerank.has_value());
  EXPECT_EQ(reranked.rerank_note, "");
}

TEST_F(rerank_gating, it_is_learnt_from_judged_questions) {
  std::vector<QueryLine> questions = {{.id = "not judged", .text = "x"}};
  Judgements judgements;
  for (int i = 0; i < kDocs; ++i) {
    questions.push_back({.id = std::to_string(i), .text = words(i)});
    judgements[std::to_string(i)][std::to_string(i)] = 1;
  }
  const store::FusionFit fusion;
  const RerankWish wish = {.model = fixture_model("tiny-reranker"), .n_texts = 5};
  const auto gate = fit_gate(*retriever_, *store_->snapshot(), questions, judgements, fusion, wish,
                             /*is_stopped=*/{});
  ASSERT_TRUE(gate.ok()) << gate.status().message();
  EXPECT_EQ(gate->report.n_queries, static_cast<std::size_t>(kDocs));
  EXPECT_NEAR(gate->report.fused, 1, 1e-9);  // Each question is its document.
  EXPECT_GE(gate->report.gated, gate->report.reranked - store::kGateLoss);
  // Reranking cannot be better than that.
  EXPECT_TRUE(gate->spares(1));
  EXPECT_EQ(fit_gate(*retriever_, *store_->snapshot(), questions, judgements, fusion, wish,
                     [] { return true; })
                .status()
                .code(),
            Code::kCancelled);
  EXPECT_EQ(
      fit_gate(*retriever_, *store_->snapshot(), {}, judgements, fusion, wish, {}).status().code(),
      Code::kBadInput);
}

}  // namespace quern::apps
