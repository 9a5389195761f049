#include "apps/claims/given_nearness.h"

#include <deque>
#include <random>

#include <gmock/gmock.h>

#include "apps/claims/evidence_search.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

/// Texts with their claim, kept together.
struct Brought {
  std::string claim;
  std::vector<EvidenceSentence> sentences;

  GivenForClaim given() {
    GivenForClaim out = {.claim = claim, .sentences = {}};
    for (EvidenceSentence& sentence : sentences) out.sentences.push_back(&sentence);
    return out;
  }
};

class given_nearness : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    auto opened = TextEmbedder::open(*engine_, {.model = fixture_model("tiny-mean-f32")});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    embedder_ = std::move(*opened);
  }

  static Brought brought(const std::string& claim, const std::vector<GivenEvidence>& given) {
    auto sentences = sentences_of_given(given);
    EXPECT_TRUE(sentences.ok()) << sentences.status().message();
    return {.claim = claim, .sentences = std::move(*sentences)};
  }

  Status measure(std::span<GivenForClaim> claims) {
    return measure_given(claims, *embedder_, engine::WorkClass::kBulk);
  }

  std::optional<TextEmbedder> embedder_;
};

}  // namespace

TEST_F(given_nearness, cosines_are_of_the_sentence_and_of_what_its_source_says_in_a_row) {
  Brought hearts =
      brought("Hearts beat.", {{.text = "Hearts beat.", .source = {.key = "a"}},
                               {.text = "Stones lie. Hearts beat.", .source = {.key = "b"}}});
  GivenForClaim given = hearts.given();
  const Status measured = measure({&given, 1});
  ASSERT_TRUE(measured.ok()) << measured.message();
  ASSERT_TRUE(given.status.ok()) << given.status.message();
  ASSERT_EQ(hearts.sentences.size(), 3u);
  const auto near = [&](std::size_t i) { return hearts.sentences[i].nearness; };
  EXPECT_NEAR(*near(0).cosine, 1, 1e-5);
  EXPECT_NEAR(*near(0).passage_cosine, 1, 1e-5);
  EXPECT_NEAR(*near(2).cosine, 1, 1e-5);
  EXPECT_LT(*near(1).cosine, 0.9999);
  EXPECT_EQ(near(1).passage_cosine, near(2).passage_cosine);
  EXPECT_LT(*near(2).passage_cosine, 0.9999);
}

TEST_F(given_nearness, many_claims_together_are_as_each_alone) {
  std::mt19937 random(7);
  std::deque<Brought> all;
  std::vector<GivenForClaim> together;
  for (int i = 0; i < 200; ++i) {  // Of more sentences than one request takes.
    std::string text;
    for (std::size_t k = 0; k < 1 + random() % 6; ++k) {
      text += "It is " + std::to_string(random() % 50) + " of them. ";
    }
    all.push_back(brought("claim " + std::to_string(i), {{.text = text, .source = {.key = "a"}}}));
    together.push_back(all.back().given());
  }
  ASSERT_TRUE(measure(together).ok());
  for (std::size_t i = 0; i < all.size(); i += 13) {
    Brought alone = all[i];
    GivenForClaim given = alone.given();
    ASSERT_TRUE(measure({&given, 1}).ok() && given.status.ok());
    for (std::size_t k = 0; k < alone.sentences.size(); ++k) {
      EXPECT_EQ(alone.sentences[k].nearness.cosine, all[i].sentences[k].nearness.cosine);
      EXPECT_EQ(alone.sentences[k].nearness.passage_cosine,
                all[i].sentences[k].nearness.passage_cosine);
    }
  }
}

TEST_F(given_nearness, what_is_wrong_with_one_claim_is_its_own) {
  const TextEmbedder narrow = embedder_of_two_bytes();
  Brought wide = brought("x", {{.text = "\u4e2d", .source = {.key = "a"}}});
  Brought fine = brought("x", {{.text = "y", .source = {.key = "a"}}});
  std::vector<GivenForClaim> claims = {wide.given(), fine.given()};
  const Status measured = measure_given(claims, narrow, engine::WorkClass::kBulk);
  ASSERT_TRUE(measured.ok()) << measured.message();
  EXPECT_EQ(claims[0].status.code(), Code::kBadInput);
  EXPECT_FALSE(wide.sentences[0].nearness.cosine);
  EXPECT_TRUE(claims[1].status.ok()) << claims[1].status.message();
  EXPECT_TRUE(fine.sentences[0].nearness.cosine);
}

TEST_F(given_nearness, a_run_that_is_stopped_says_so) {
  Brought one = brought("x", {{.text = "y", .source = {.key = "a"}}});
  GivenForClaim given = one.given();
  const Status stopped =
      measure_given({&given, 1}, *embedder_, engine::WorkClass::kBulk, [] { return true; });
  EXPECT_EQ(stopped.code(), Code::kCancelled);
}

}  // namespace quern::apps
