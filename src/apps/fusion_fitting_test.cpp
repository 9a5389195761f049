#include "apps/fusion_fitting.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "apps/ingest.h"
#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

Result<Judgements> judgements_of(const std::string& text) {
  std::istringstream in(text);
  return read_judgements(in);
}

class fusion_fitting : public EngineTest {
 protected:
  static constexpr int kDocuments = 40;

  void SetUp() override {
    EngineTest::SetUp();
    const auto schema = schema_from_text("text", "english", 1.2f, 0.75f);
    ASSERT_TRUE(store::create_store({.folder = path("store")}, *schema, "test").ok());
    writer_ = std::move(*store::Writer::open({.folder = path("store")}, {.who = "test"}));
    const auto embedder = TextEmbedder::open(*engine_, {.model = fixture_model("tiny-mean-f32")});
    ASSERT_TRUE(embedder.ok());
    IngestJob job;
    job.writer = writer_.get();
    job.embedder = &*embedder;
    job.space = *writer_->add_space(*space_of(*embedder, fixture_model("tiny-mean-f32")));
    int i = 0;
    job.next = [&]() -> Result<std::optional<SourceDocument>> {
      if (i == kDocuments) return std::optional<SourceDocument>();
      SourceDocument out;
      out.document.key = "d" + std::to_string(i);
      out.document.fields = {"cat number" + std::to_string(i)};
      out.document.stored = "{}";
      ++i;
      return std::optional<SourceDocument>(std::move(out));
    };
    ASSERT_TRUE(ingest(job).ok());
  }
  void TearDown() override {
    writer_.reset();
    EngineTest::TearDown();
  }

  store::Snapshot snapshot() {
    return *(*store::Store::open({.folder = path("store")}))->snapshot();
  }

  Result<store::FusionFit> fit(bool is_reversed) {
    std::vector<QueryLine> questions;
    Judgements judgements;
    for (int i = 0; i < kDocuments; ++i) {
      const std::string id = "q" + std::to_string(i);
      questions.push_back({.id = id, .text = "number" + std::to_string(i)});
      if (i % 2 == 0) judgements[id]["d" + std::to_string(i)] = 1;
    }
    if (is_reversed) std::reverse(questions.begin(), questions.end());
    auto retriever = Retriever::create(writer_->schema(), pool_, engine_.get());
    return fit_questions(*retriever, snapshot(), questions, judgements, 50, {});
  }

  ThreadPool pool_{2};
  std::unique_ptr<store::Writer> writer_;
};

}  // namespace

TEST(judgements, lines_have_three_columns_or_four_and_maybe_a_heading) {
  const auto read = judgements_of("query-id\tcorpus-id\tscore\nq1\td1\t2\n\nq1 0 d2 0\n");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(*read, (Judgements{{"q1", {{"d1", 2}, {"d2", 0}}}}));
  EXPECT_TRUE(judgements_of("")->empty());
  EXPECT_EQ(judgements_of("q d 1\nq d x\n").status().code(), Code::kBadInput);
  EXPECT_EQ(judgements_of("q d 1\nq d\n").status().code(), Code::kBadInput);
  EXPECT_EQ(judgements_of("q d 1\nq d 1 2 3\n").status().code(), Code::kBadInput);
}

TEST_F(fusion_fitting, questions_that_are_judged_teach_whatever_their_order) {
  const auto learnt = fit(false);
  ASSERT_TRUE(learnt.ok()) << learnt.status().message();
  EXPECT_EQ(learnt->report.n_queries, 20u);
  EXPECT_NEAR(learnt->report.lexical, 1, 1e-6);  // Its words are those of the document.
  const store::Snapshot state = snapshot();
  EXPECT_EQ(row_of_fit(*learnt, *state).body, row_of_fit(*fit(true), *state).body);
}

TEST_F(fusion_fitting, what_was_learnt_is_kept_and_used) {
  EXPECT_FALSE(learnt_fusion(*snapshot())->choice.has_value());
  auto learnt = fit(false);
  ASSERT_TRUE(learnt.ok());
  learnt->choice.fitted.reset();
  learnt->choice.spec.alpha = 0;
  ASSERT_TRUE(writer_->set_fit(row_of_fit(*learnt, *snapshot())).ok());
  const auto kept = learnt_fusion(*snapshot());
  ASSERT_TRUE(kept.ok() && kept->choice) << kept.status().message();
  EXPECT_EQ(kept->choice->spec.alpha, 0);
  auto retriever = Retriever::create(writer_->schema(), pool_, engine_.get());
  const auto found = retriever->retrieve(snapshot(), {.text = "cat number7"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found->hits[0].found.hit.score, 1);  // Words alone: the best of them.
}

TEST_F(fusion_fitting, what_was_learnt_for_other_vectors_is_not_used_and_that_is_said) {
  const auto learnt = fit(false);
  ASSERT_TRUE(learnt.ok());
  store::FitRow row = row_of_fit(*learnt, *snapshot());
  row.fingerprint[0] = row.fingerprint[0] == 'a' ? 'b' : 'a';
  ASSERT_TRUE(writer_->set_fit(row).ok());
  EXPECT_FALSE(learnt_fusion(*snapshot())->choice.has_value());
  EXPECT_NE(learnt_fusion(*snapshot())->why_not, "");
  auto retriever = Retriever::create(writer_->schema(), pool_, engine_.get());
  const auto found = retriever->retrieve(snapshot(), {.text = "cat"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_NE(found->fusion_note, "");
  row.body = "{";
  row.fingerprint = snapshot()->active_space()->space.fingerprint;
  ASSERT_TRUE(writer_->set_fit(row).ok());
  EXPECT_FALSE(retriever->retrieve(snapshot(), {.text = "cat"}).ok());
  EXPECT_TRUE(retriever->retrieve(snapshot(), {.text = "cat", .mode = store::Mode::kDense}).ok());
}

TEST_F(fusion_fitting, too_few_judgements_are_an_error) {
  auto retriever = Retriever::create(writer_->schema(), pool_, engine_.get());
  EXPECT_EQ(fit_questions(*retriever, snapshot(), {{.id = "q", .text = "cat"}},
                          {{"q", {{"d1", 1}}}}, 50, {})
                .status()
                .code(),
            Code::kBadInput);
}

}  // namespace quern::apps
