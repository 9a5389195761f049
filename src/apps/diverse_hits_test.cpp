#include "apps/diverse_hits.h"

#include <gtest/gtest.h>

#include "apps/schema_text.h"
#include "apps/store_model.h"
#include "base/test_folder.h"
#include "store/writer.h"

namespace quern::apps {
namespace {

/// Two that say the same, a third that says something else, and less of what is looked for.
class diverse_hits : public FolderTest {
 protected:
  void fill(bool has_vectors) {
    schema_ = *schema_from_text("text", "english", 1.2f, 0.75f);
    std::optional<store::VectorSpace> space;
    if (has_vectors) space = *space_of_given(2, store::Metric::kCosine);
    ASSERT_TRUE(store::create_store({.folder = path("store")}, schema_, "test", space).ok());
    auto writer = store::Writer::open({.folder = path("store")}, {.who = "test"});
    ASSERT_TRUE(writer.ok());
    const auto put = [&](const std::string& key, const std::string& text,
                         std::vector<float> vector) {
      store::Document document = {.key = key, .fields = {text}, .stored = "{}"};
      if (has_vectors) document.vector = std::move(vector);
      ASSERT_TRUE((*writer)->put(std::move(document)).ok());
    };
    put("a", "dog dog dog sleeps", {1, 0});
    put("b", "dog dog dog sleeps", {1, 0.01f});
    put("c", "dog and bird fly", {0.6f, 0.8f});
    ASSERT_TRUE((*writer)->commit().ok());
    snapshot_ = *(*store::Store::open({.folder = path("store")}))->snapshot();
  }

  std::string order(const Ask& ask) {
    auto retriever = Retriever::create(schema_, ThreadPool::serial(), nullptr);
    const auto answer = retriever->retrieve(snapshot_, ask);
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    std::string out;
    for (const RetrievedHit& hit : answer->hits) out += hit.found.hit.key;
    EXPECT_EQ(answer->is_diverse, ask.diversity.has_value());
    return out;
  }

  store::Schema schema_;
  store::Snapshot snapshot_;
};

}  // namespace

TEST_F(diverse_hits, by_their_words_where_there_are_no_vectors) {
  fill(/*has_vectors=*/false);
  EXPECT_EQ(order({.text = "dog"}), "abc");
  EXPECT_EQ(order({.text = "dog", .diversity = 0.0f}), "abc");
  EXPECT_EQ(order({.text = "dog", .diversity = 0.8f}), "acb");
  EXPECT_EQ(order({.text = "dog", .n_wanted = 2, .diversity = 0.8f}), "ac");
  EXPECT_EQ(order({.text = "bird", .diversity = 0.8f}), "c");
  EXPECT_EQ(order({.text = "nothing", .diversity = 0.8f}), "");
}

TEST_F(diverse_hits, by_their_vectors_where_there_are_some) {
  fill(/*has_vectors=*/true);
  Ask ask = {.text = "dog", .vector = {1, 0}, .mode = store::Mode::kDense, .n_wanted = 2};
  EXPECT_EQ(order(ask), "ab");
  ask.diversity = 0.8f;
  EXPECT_EQ(order(ask), "ac");
}

TEST_F(diverse_hits, those_that_were_reranked_come_in_the_order_of_that) {
  fill(/*has_vectors=*/false);
  std::vector<RetrievedHit> hits(3);
  hits[0] = {.found = {.hit = {.key = "c", .score = 1, .stored = {}}, .sides = {}},
             .rerank_score = 0.9f};
  hits[1] = {.found = {.hit = {.key = "a", .score = 3, .stored = {}}, .sides = {}},
             .rerank_score = 0.8f};
  hits[2] = {.found = {.hit = {.key = "b", .score = 2, .stored = {}}, .sides = {}},
             .rerank_score = {}};  // Time was over.
  ASSERT_TRUE(diversify_hits(*snapshot_, schema_, 0.5f, 3, hits).ok());
  EXPECT_EQ(hits[0].found.hit.key, "c");
  EXPECT_EQ(hits[2].found.hit.key, "b");
}

TEST_F(diverse_hits, what_cannot_be_is_said) {
  fill(/*has_vectors=*/false);
  auto retriever = Retriever::create(schema_, ThreadPool::serial(), nullptr);
  for (const float diversity : {-0.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(
        retriever->retrieve(snapshot_, {.text = "dog", .diversity = diversity}).status().code(),
        Code::kBadInput);
  }
  const auto groups =
      retriever->retrieve(snapshot_, {.text = "dog", .n_children = 2, .diversity = 0.5f});
  EXPECT_NE(groups.status().message().find("groups"), std::string::npos);
}

}  // namespace quern::apps
