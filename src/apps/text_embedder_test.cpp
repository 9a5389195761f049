#include "apps/text_embedder.h"

#include <gtest/gtest.h>

#include "apps/test_engine.h"

namespace quern::apps {
namespace {

class text_embedder : public EngineTest {
 protected:
  TextEmbedder open(const EmbedderWish& wish) {
    auto opened = TextEmbedder::open(*engine_, wish);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return *opened;
  }
  static EmbedderWish plain() { return {.model = fixture_model("tiny-mean-f32")}; }
};

}  // namespace

TEST_F(text_embedder, a_space_is_told_by_what_makes_vectors_differ_in_meaning) {
  const TextEmbedder first = open(plain());
  EXPECT_EQ(first.d(), 32);
  EXPECT_EQ(first.space_fingerprint().size(), 64u);
  EXPECT_EQ(open(plain()).space_fingerprint(), first.space_fingerprint());
  EXPECT_EQ(open(plain()).exact_fingerprint(), first.exact_fingerprint());
  EmbedderWish other = plain();
  other.metric = store::Metric::kDot;
  EXPECT_NE(open(other).space_fingerprint(), first.space_fingerprint());
  other = plain();
  other.text_prompt = "text: ";
  EXPECT_NE(open(other).space_fingerprint(), first.space_fingerprint());
  EXPECT_NE(open(other).exact_fingerprint(), first.exact_fingerprint());
  other = plain();
  other.dimensions = 16;
  EXPECT_NE(open(other).space_fingerprint(), first.space_fingerprint());
  EXPECT_EQ(open(other).d(), 16);
  EXPECT_NE(open({.model = fixture_model("tiny-cls")}).space_fingerprint(),
            first.space_fingerprint());
  // Questions are others then, and the vectors of texts are as they were.
  other = plain();
  other.query_prompt = "query: ";
  EXPECT_NE(open(other).space_fingerprint(), first.space_fingerprint());
  EXPECT_EQ(open(other).exact_fingerprint(), first.exact_fingerprint());
}

TEST_F(text_embedder, arithmetic_changes_bits_and_not_the_space) {
  const TextEmbedder exact = open(plain());
  engine_ = make_engine("bf16");
  const TextEmbedder other = open(plain());
  EXPECT_EQ(other.space_fingerprint(), exact.space_fingerprint());
  EXPECT_NE(other.exact_fingerprint(), exact.exact_fingerprint());
}

TEST_F(text_embedder, prompts_are_the_models_own_unless_others_are_wished) {
  const TextEmbedder own = open({.model = fixture_model("tiny-st-prompts")});
  EXPECT_EQ(own.query_prompt(), "search query : ");
  const auto vector = own.query_vector("a cat");
  ASSERT_TRUE(vector.ok()) << vector.status().message();
  EXPECT_EQ(*vector, vector_by_engine("tiny-st-prompts", "a cat", "search query : "));
  const TextEmbedder wished = open(
      {.model = fixture_model("tiny-st-prompts"), .text_prompt = "t: ", .query_prompt = "q: "});
  EXPECT_EQ(wished.text_prompt(), "t: ");
  EXPECT_EQ(*wished.query_vector("a cat"), vector_by_engine("tiny-st-prompts", "a cat", "q: "));
}

TEST_F(text_embedder, what_makes_no_vectors_is_refused) {
  EXPECT_EQ(TextEmbedder::open(*engine_, {.model = fixture_model("tiny-nli")}).status().code(),
            Code::kBadInput);
  EXPECT_EQ(TextEmbedder::open(*engine_, {.model = "nowhere"}).status().code(), Code::kNotFound);
}

TEST_F(text_embedder, a_question_longer_than_the_limit_is_not_cut) {
  const TextEmbedder embedder = open(plain());
  std::string text;
  for (int i = 0; i < 100; ++i) text += "the cat ";
  const auto windows = embedder.windows(text);
  ASSERT_TRUE(windows.ok());
  EXPECT_GT(windows->size(), 1u);
  WindowMean mean;
  for (const auto window : *windows) {
    mean.add(vector_by_engine("tiny-mean-f32", std::string(window)));
  }
  const auto vector = embedder.query_vector(text);
  ASSERT_TRUE(vector.ok()) << vector.status().message();
  EXPECT_EQ(*vector, mean.take());
}

TEST_F(text_embedder, long_texts_are_cut_where_that_is_wished) {
  EmbedderWish wish = plain();
  wish.long_texts = store::LongTexts::kCut;
  const TextEmbedder cut = open(wish);
  // Others than their means: they cannot be compared.
  EXPECT_NE(cut.space_fingerprint(), open(plain()).space_fingerprint());
  EXPECT_NE(cut.exact_fingerprint(), open(plain()).exact_fingerprint());
  std::string text;
  for (int i = 0; i < 100; ++i) text += "the cat ";
  EXPECT_EQ(*cut.windows(text), std::vector<std::string_view>{text});
  EXPECT_EQ(cut.text_request().truncation, engine::Truncation::kCut);
  const auto vector = cut.query_vector(text);
  ASSERT_TRUE(vector.ok()) << vector.status().message();
  EXPECT_EQ(*vector, vector_by_engine("tiny-mean-f32", text));
  EXPECT_NE(*vector, *open(plain()).query_vector(text));
  EXPECT_EQ(*cut.query_vector("a cat"), *open(plain()).query_vector("a cat"));
}

TEST_F(text_embedder, a_question_that_comes_too_late_is_not_answered) {
  const auto past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  EXPECT_EQ(open(plain()).query_vector("a cat", past).status().code(), Code::kDeadline);
}

}  // namespace quern::apps
