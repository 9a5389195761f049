#include "apps/retriever.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/ingest.h"
#include "apps/json_lines.h"
#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

class retriever_test : public EngineTest {
 protected:
  /// A store of documents "k0" to "kN" with vectors of the model, unless it is "".
  void fill(const std::string& model, int n, int n_parent = 0) {
    auto schema = schema_from_text("text", "english", 1.2f, 0.75f);
    ASSERT_TRUE(schema.ok());
    schema->attributes = *attributes_from_text("year:integer");
    ASSERT_TRUE(store::create_store({.folder = path("store")}, *schema, "test").ok());
    auto writer = store::Writer::open({.folder = path("store")}, {.who = "test"});
    ASSERT_TRUE(writer.ok());
    IngestJob job;
    job.writer = writer->get();
    std::optional<TextEmbedder> embedder;
    if (!model.empty()) {
      auto opened = TextEmbedder::open(*engine_, {.model = fixture_model(model)});
      ASSERT_TRUE(opened.ok()) << opened.status().message();
      embedder.emplace(*opened);
      job.embedder = &*embedder;
      job.space = *(*writer)->add_space(*space_of(*embedder, fixture_model(model)));
    }
    int i = 0;
    job.next = [&]() -> Result<std::optional<SourceDocument>> {
      if (i == n) return std::optional<SourceDocument>();
      SourceDocument out;
      out.document.key = "k" + std::to_string(i % 3) + "/" + std::to_string(i);
      out.document.n_parent = static_cast<std::uint32_t>(n_parent);
      out.document.fields = {words(i)};
      out.document.stored = "{}";
      out.document.attributes = {{0, "", 2000 + i}};
      ++i;
      return std::optional<SourceDocument>(std::move(out));
    };
    const auto report = ingest(job);
    ASSERT_TRUE(report.ok()) << report.status().message();
    open();
  }

  static std::string words(int i) {
    std::string out = "cat number" + std::to_string(i);
    for (int k = 0; k < i % 5; ++k) out += " dog";
    return out;
  }

  void open() {
    auto opened = store::Store::open({.folder = path("store")});
    ASSERT_TRUE(opened.ok());
    store_ = std::move(*opened);
    snapshot_ = *store_->snapshot();
    auto made = Retriever::create(store_->schema(), pool_, engine_.get());
    ASSERT_TRUE(made.ok());
    retriever_.emplace(std::move(*made));
  }

  Retrieved answer(const Ask& ask) {
    auto found = retriever_->retrieve(snapshot_, ask);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? std::move(*found) : Retrieved();
  }

  ThreadPool pool_{2};
  std::unique_ptr<store::Store> store_;
  store::Snapshot snapshot_;
  std::optional<Retriever> retriever_;
};

}  // namespace

TEST_F(retriever_test, a_store_with_vectors_is_searched_by_both_sides) {
  fill("tiny-mean-f32", 30);
  const Retrieved found = answer({.text = "cat number7 dog dog"});
  ASSERT_EQ(found.hits.size(), 10u);
  EXPECT_EQ(found.found.answered, store::Mode::kHybrid);
  EXPECT_EQ(found.hits[0].found.hit.key, "k1/7");
  EXPECT_TRUE(found.hits[0].found.sides.lexical.has_value());
  EXPECT_TRUE(found.hits[0].found.sides.dense.has_value());
  EXPECT_GT(found.timings.vector_ms, 0);
  EXPECT_GE(found.timings.total_ms, found.timings.search_ms);
}

TEST_F(retriever_test, the_dense_side_has_the_cosines_of_the_model) {
  fill("tiny-mean-f32", 12);
  const Retrieved found = answer({.text = words(7), .mode = store::Mode::kDense});
  ASSERT_FALSE(found.hits.empty());
  EXPECT_EQ(found.hits[0].found.hit.key, "k1/7");
  EXPECT_NEAR(found.hits[0].found.hit.score, 1, 1e-4);
}

TEST_F(retriever_test, one_without_vectors_is_searched_by_words) {
  fill("", 12);
  EXPECT_EQ(answer({.text = "number7"}).hits.size(), 1u);
  EXPECT_EQ(
      retriever_->retrieve(snapshot_, {.text = "x", .mode = store::Mode::kDense}).status().code(),
      Code::kBadInput);
}

TEST_F(retriever_test, a_vector_may_be_brought_along) {
  fill("tiny-mean-f32", 12);
  const Retrieved found = answer({.text = "",
                                  .vector = vector_by_engine("tiny-mean-f32", words(4)),
                                  .mode = store::Mode::kDense});
  ASSERT_FALSE(found.hits.empty());
  EXPECT_EQ(found.hits[0].found.hit.key, "k1/4");
  EXPECT_EQ(retriever_->retrieve(snapshot_, {.text = "x", .vector = {1, 2}}).status().code(),
            Code::kBadInput);
}

TEST_F(retriever_test, filters_hold_for_both_sides) {
  fill("tiny-mean-f32", 30);
  const auto filter = store::parse_filter("year >= 2020", store_->schema().attributes);
  ASSERT_TRUE(filter.ok());
  const Retrieved found = answer({.text = "cat dog", .filter = *filter, .n_wanted = 30});
  EXPECT_EQ(found.hits.size(), 10u);
}

TEST_F(retriever_test, the_best_are_reranked_and_the_answer_says_how_many) {
  fill("tiny-mean-f32", 40);
  const RerankWish wish = {.model = fixture_model("tiny-reranker"), .n_texts = 20};
  const Retrieved plain = answer({.text = "cat dog", .n_wanted = 30});
  const Retrieved found = answer({.text = "cat dog", .n_wanted = 30, .rerank = wish});
  ASSERT_TRUE(found.rerank);
  EXPECT_EQ(found.rerank->n_done, 20u);
  EXPECT_EQ(found.rerank->n_wanted, 20u);
  ASSERT_EQ(found.hits.size(), 30u);
  for (std::size_t i = 1; i < 20; ++i) {
    EXPECT_GE(*found.hits[i - 1].rerank_score, *found.hits[i].rerank_score);
  }
  for (std::size_t i = 20; i < 30; ++i) {
    EXPECT_FALSE(found.hits[i].rerank_score);
    EXPECT_EQ(found.hits[i].found.hit.key, plain.hits[i].found.hit.key);
  }
  // It sees the words and not what was stored.
  const auto alone = rerank(*engine_, wish, "cat dog", std::vector<std::string>{words(7)});
  for (const RetrievedHit& one : found.hits) {
    if (one.found.hit.key == "k1/7" && one.rerank_score) {
      EXPECT_EQ(*one.rerank_score, *alone->scores[0]);
    }
  }
}

TEST_F(retriever_test, more_are_reranked_than_are_wanted) {
  fill("tiny-mean-f32", 40);
  const RerankWish wish = {.model = fixture_model("tiny-reranker"), .n_texts = 20};
  const Retrieved found = answer({.text = "cat dog", .n_wanted = 3, .rerank = wish});
  EXPECT_EQ(found.rerank->n_done, 20u);
  EXPECT_EQ(found.hits.size(), 3u);
  EXPECT_EQ(found.hits[0].found.hit.key,
            answer({.text = "cat dog", .n_wanted = 30, .rerank = wish}).hits[0].found.hit.key);
}

TEST_F(retriever_test, hits_may_be_grouped_by_parent) {
  fill("tiny-mean-f32", 60, 2);
  const Retrieved found = answer({.text = "cat dog", .n_wanted = 3, .n_children = 2});
  ASSERT_TRUE(found.groups);
  ASSERT_EQ(found.groups->size(), 3u);
  EXPECT_TRUE(found.hits.empty());
  std::set<std::string> parents;
  for (const store::GroupHit& group : *found.groups) {
    parents.insert(group.parent);
    EXPECT_EQ(group.children.size(), 2u);
    EXPECT_TRUE(group.children[0].key.starts_with(group.parent));
  }
  EXPECT_EQ(parents.size(), 3u);
}

TEST_F(retriever_test, more_groups_than_a_search_gives_hits_are_as_many_as_there_are) {
  fill("tiny-mean-f32", 60, 2);
  const Retrieved found = answer({.text = "cat dog", .n_wanted = 10'000, .n_children = 2});
  ASSERT_TRUE(found.groups);
  EXPECT_EQ(found.groups->size(), 3u);
}

TEST_F(retriever_test, groups_are_in_the_order_of_reranked_hits) {
  fill("tiny-mean-f32", 60, 2);
  const RerankWish wish = {.model = fixture_model("tiny-reranker"), .n_texts = 60};
  const Retrieved hits = answer({.text = "cat dog", .n_wanted = 60, .rerank = wish});
  const Retrieved found =
      answer({.text = "cat dog", .n_wanted = 3, .rerank = wish, .n_children = 1});
  ASSERT_TRUE(found.groups && !found.groups->empty());
  EXPECT_EQ((*found.groups)[0].children[0].key, hits.hits[0].found.hit.key);
}

TEST_F(retriever_test, when_time_is_over_that_is_said) {
  fill("tiny-mean-f32", 5);
  const auto past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  EXPECT_EQ(retriever_->retrieve(snapshot_, {.text = "cat", .deadline = past}).status().code(),
            Code::kDeadline);
}

TEST_F(retriever_test, a_model_that_is_not_there_any_more_is_named) {
  fill("tiny-mean-f32", 5);
  auto without = Retriever::create(store_->schema(), pool_, nullptr);
  ASSERT_TRUE(without.ok());
  EXPECT_EQ(without->retrieve(snapshot_, {.text = "cat"}).status().code(), Code::kBadInput);
  EXPECT_TRUE(without->retrieve(snapshot_, {.text = "cat", .mode = store::Mode::kLexical}).ok());
}

TEST_F(retriever_test, why_nothing_was_found_is_passed_on) {
  fill("", 5);
  EXPECT_THAT(answer({.text = "unicorn"}).found.why_empty, HasSubstr("unicorn"));
}

}  // namespace quern::apps
