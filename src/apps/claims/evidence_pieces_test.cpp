#include "apps/claims/evidence_pieces.h"

#include <gtest/gtest.h>

#include "apps/claims/test_claims.h"

namespace quern::apps {
namespace {

std::string numbered(const std::string& word, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += (i == 0 ? "" : " ") + word + std::to_string(i);
  return out;
}

class evidence_pieces : public ClaimTest {
 protected:
  std::vector<EvidenceSentence> cut(const std::string& claim,
                                    std::vector<EvidenceSentence> sentences) {
    const Status status = cut_into_pieces(*entailment_, claim, sentences);
    EXPECT_TRUE(status.ok()) << status.message();
    return sentences;
  }

  /// What the model leaves out of the pair.
  int n_dropped(const std::string& claim, const std::string& text) {
    const NliPair pair = {.premise = text, .hypothesis = claim};
    const auto said = entailment_->judge({&pair, 1}, engine::WorkClass::kInteractive);
    EXPECT_TRUE(said.ok() && said->front().status.ok());
    return said->front().n_dropped;
  }
};

}  // namespace

TEST_F(evidence_pieces, pieces_are_stretches_of_the_sentence_and_all_of_it_is_read) {
  EvidenceSentence whole = near("a", numbered("cat", 60), 0.5);
  whole.span = {.begin = 1000, .end = 1000 + whole.text.size()};
  whole.i_sentence = 4;
  whole.after = "After.";
  const auto pieces = cut("the cat sat", {near("b", "a dog", 0.4), whole});
  ASSERT_GT(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].text, "a dog");
  EXPECT_EQ(pieces[0].n_pieces, 1u);
  EXPECT_EQ(pieces[1].before, "Before.");
  EXPECT_EQ(pieces.back().after, "After.");
  std::string read;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const EvidenceSentence& piece = pieces[i];
    EXPECT_EQ(n_dropped("the cat sat", piece.text), 0) << piece.text;
    EXPECT_EQ(whole.text.substr(piece.span.begin - 1000, piece.span.end - piece.span.begin),
              piece.text);
    EXPECT_EQ(piece.i_sentence, 4u);
    EXPECT_EQ(piece.i_piece, i - 1);
    EXPECT_EQ(piece.n_pieces, pieces.size() - 1);
    EXPECT_EQ(piece.source.key, "a");
    EXPECT_EQ(piece.nearness.cosine, 0.5);
    if (i > 1) {
      EXPECT_EQ(piece.before, pieces[i - 1].text);
    }
    read += (read.empty() ? "" : " ") + piece.text;
  }
  EXPECT_EQ(read, whole.text);  // Nothing but blanks is left out.
}

TEST_F(evidence_pieces, a_sentence_that_just_fits_stays_one) {
  const std::string claim = "the cat sat";
  std::string text = "cat";
  while (n_dropped(claim, text + " cat") == 0) text += " cat";
  EXPECT_EQ(cut(claim, {sentence_of("a", text)}).size(), 1u);
  EXPECT_EQ(cut(claim, {sentence_of("a", text + " cat")}).size(), 2u);
}

TEST_F(evidence_pieces, beside_a_claim_that_fills_the_model_nothing_is_cut) {
  const std::string claim = numbered("cat", 40);
  const std::string text = numbered("dog", 60);
  ASSERT_LT(entailment_->room_beside(claim), entailment_->max_tokens() / 4);
  const auto left = cut(claim, {sentence_of("a", text)});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].text, text);
}

TEST_F(evidence_pieces, more_pieces_than_are_judged_are_refused) {
  std::vector<EvidenceSentence> sentences(1'000, sentence_of("a", numbered("cat", 100)));
  const Status status = cut_into_pieces(*entailment_, "the cat sat", sentences);
  EXPECT_EQ(status.code(), Code::kTooLarge);
  EXPECT_NE(status.message().find("4000"), std::string::npos) << status.message();
}

}  // namespace quern::apps
