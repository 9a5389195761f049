#include "apps/claims/verdict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

const NliLogits kYes = {.entailment = 4, .contradiction = -2, .neutral = -1};
const NliLogits kNo = {.entailment = -2, .contradiction = 4, .neutral = -1};
const NliLogits kNothing = {.entailment = 0.5, .contradiction = -1, .neutral = 1};

/// A sentence is as relevant as it is near; and so sure are the model's words.
Calibration plain_calibration() {
  Calibration c;
  c.relevance_bias = -4;
  c.relevance_weights[kCosine] = 8;
  c.gate = 0.1;
  c.stance_weights[kNliStance] = 3;
  c.nli_scale = 4;
  c.unheard = {0.2, 0.1, 0.7};
  return c;
}

JudgedPair pair_of(std::string_view source, NliLogits logits, double cosine) {
  return {.source = source, .logits = logits, .nearness = {.cosine = cosine}};
}

Judgement judged(const std::vector<JudgedPair>& pairs,
                 const Calibration& calibration = plain_calibration()) {
  const auto made = judge(pairs, calibration);
  EXPECT_TRUE(made.ok()) << made.status().message();
  return made.ok() ? *made : Judgement();
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

std::size_t n_of(const Judgement& made, Voice voice) {
  return static_cast<std::size_t>(
      std::count_if(made.voices.begin(), made.voices.end(),
                    [voice](const SentenceVoice& v) { return v.voice == voice; }));
}

void expect_same(const Judgement& a, const Judgement& b) {
  EXPECT_EQ(a.verdict, b.verdict);
  EXPECT_EQ(a.confidence, b.confidence);  // To the bit, as all here.
  EXPECT_EQ(a.scores, b.scores);
  EXPECT_EQ(a.is_conflicting, b.is_conflicting);
  EXPECT_EQ(a.is_abstention, b.is_abstention);
  EXPECT_EQ(a.conformal_set, b.conformal_set);
}

}  // namespace

// The model's word on a sentence that is the claim is worth nothing: a small one calls it neutral.
TEST(verdict, a_sentence_in_the_words_of_the_claim_supports_it_whatever_the_model_says) {
  EXPECT_TRUE(says_claim("Aspirin inhibits PGE2.", "  aspirin  inhibits PGE2"));
  for (const char* other : {"Aspirin inhibits PGE2?", "Aspirin inhibits PGE2 in mice.", "", "?"}) {
    EXPECT_FALSE(says_claim("Aspirin inhibits PGE2", other)) << other;
  }
  for (const NliLogits& logits : {kYes, kNo, kNothing}) {
    JudgedPair same = pair_of("a", logits, 0);
    EXPECT_EQ(judged({same}).verdict, Verdict::kNotEnoughInfo);
    same.is_claim = true;
    const Judgement made = judged({same});
    EXPECT_EQ(made.verdict, Verdict::kSupported);
    EXPECT_EQ(made.reason, "1 source for it, in its very words, none against it");
    EXPECT_EQ(made.voices[0].scores.neutral, scores_at(logits, 1).neutral);  // As it was said.
    same.is_cut = true;
    EXPECT_EQ(judged({same}).verdict, Verdict::kNotEnoughInfo);
  }
  // Who says the contrary is heard as before.
  JudgedPair same = pair_of("a", kNothing, 0.5);
  same.is_claim = true;
  EXPECT_TRUE(judged({same, pair_of("b", kNo, 0.9)}).is_conflicting);
}

TEST(verdict, worked_example) {
  // Relevance of a is sigmoid(-4 + 8 x 0.75) = sigmoid(2); its stance sigmoid(3 tanh(6 / 4)). That
  // of b is sigmoid(0) and sigmoid(-3 tanh(6 / 4)).
  const Judgement made = judged({pair_of("a", kYes, 0.75), pair_of("b", kNo, 0.5)});
  const double r = sigmoid(2);
  const double p = sigmoid(3 * std::tanh(1.5));
  const double any = 1 - (1 - r) * 0.5;
  const double supports = 1 - (1 - r * p) * (1 - 0.5 * (1 - p));
  const double refutes = 1 - (1 - r * (1 - p)) * (1 - 0.5 * p);
  EXPECT_NEAR(made.scores[0], any * supports / (supports + refutes), 1e-12);
  EXPECT_NEAR(made.scores[1], any * refutes / (supports + refutes), 1e-12);
  EXPECT_NEAR(made.scores[2], 1 - any, 1e-12);
  EXPECT_NEAR(made.voices[0].relevance, r, 1e-12);
  EXPECT_NEAR(made.voices[0].weight, r * p, 1e-12);
  EXPECT_EQ(made.voices[1].voice, Voice::kRefutes);
  EXPECT_TRUE(made.is_conflicting);
}

TEST(verdict, neutral_and_irrelevant_sentences_add_exactly_nothing) {
  std::vector<JudgedPair> two = {pair_of("a", kYes, 0.9), pair_of("b", kYes, 0.8)};
  for (JudgedPair& pair : two) pair.reading.overlap = 0.9;
  for (const Calibration& calibration : {plain_calibration(), default_calibration()}) {
    const Judgement alone = judged(two, calibration);
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
      std::vector<JudgedPair> all = two;
      for (int i = 0; i < 48; ++i) {
        const bool is_neutral = random() % 2 == 0;
        all.push_back(
            pair_of(i % 3 == 0 ? "a" : "c", is_neutral ? kNothing : kNo, is_neutral ? 0.99 : -1));
        if (!is_neutral) all.back().nearness.passage_cosine = -1;
      }
      std::shuffle(all.begin(), all.end(), random);
      const Judgement made = judged(all, calibration);
      expect_same(made, alone);
      for (const SentenceVoice& voice : made.voices) {
        const bool is_heard = voice.voice == Voice::kSupports || voice.voice == Voice::kRefutes;
        EXPECT_EQ(voice.weight > 0, is_heard);
      }
      EXPECT_EQ(n_of(made, Voice::kSupports), 2u);
    }
  }
}

TEST(verdict, order_of_sentences_says_nothing) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> near(0.3, 0.95);
  std::normal_distribution<float> logit(0, 3);
  for (int round = 0; round < 200; ++round) {
    std::vector<JudgedPair> pairs;
    const char* const sources[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 12; ++i) {
      // Some are equal, so that ties are met.
      const double cosine = std::round(near(random) * 10) / 10;
      pairs.push_back(
          pair_of(sources[random() % 4], {std::round(logit(random)), logit(random), -1}, cosine));
    }
    const Judgement first = judged(pairs);
    std::shuffle(pairs.begin(), pairs.end(), random);
    expect_same(judged(pairs), first);
  }
}

TEST(verdict, a_source_counts_once_however_often_it_speaks) {
  const Judgement once = judged({pair_of("a", kYes, 0.7)});
  const Judgement repeated = judged(std::vector<JudgedPair>(20, pair_of("a", kYes, 0.7)));
  expect_same(repeated, once);
  EXPECT_EQ(n_of(repeated, Voice::kRepeats), 19u);
  const Judgement weaker = judged({pair_of("a", kYes, 0.7), pair_of("a", kNo, 0.65)});
  EXPECT_EQ(weaker.scores, once.scores);
  const Judgement other = judged({pair_of("a", kYes, 0.7), pair_of("b", kYes, 0.7)});
  EXPECT_GT(other.scores[0], once.scores[0]);
}

TEST(verdict, the_same_words_of_several_sources_have_one_voice) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> near(0.3, 0.95);
  const char* const spellings[] = {"Cats sleep.", "cats  sleep", " CATS\tsleep!"};
  for (int round = 0; round < 100; ++round) {
    const double cosine = near(random);
    const JudgedPair other = pair_of("z", random() % 2 == 0 ? kYes : kNo, near(random));
    std::vector<JudgedPair> pairs = {pair_of("a", kYes, cosine), other};
    pairs[0].said = said_words(spellings[0]);
    const Judgement once = judged(pairs);
    for (const char* source : {"b", "c", "d", "e"}) {
      pairs.push_back(pair_of(source, kYes, cosine - 0.05 * static_cast<double>(random() % 2)));
      pairs.back().said = said_words(spellings[random() % 3]);
    }
    std::shuffle(pairs.begin(), pairs.end(), random);
    const Judgement made = judged(pairs);
    expect_same(made, once);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (pairs[i].source != "a" && pairs[i].source != "z") {
        EXPECT_NE(made.voices[i].voice, Voice::kSupports);
        EXPECT_EQ(made.voices[i].weight, 0);
      }
    }
  }
}

TEST(verdict, words_are_the_same_but_for_case_blanks_and_marks_at_the_end) {
  EXPECT_EQ(said_words(" The\n CAT  sat. "), "the cat sat");
  EXPECT_EQ(said_words("the cat sat?!"), said_words("The cat sat"));
  EXPECT_NE(said_words("the cat sat"), said_words("the cat, sat"));
  EXPECT_EQ(said_words("..."), "");
}

TEST(verdict, of_sources_that_contradict_each_other_flatly_neither_is_believed) {
  const Judgement made = judged({pair_of("a", kYes, 0.9), pair_of("b", kNo, 0.91)});
  EXPECT_TRUE(made.is_conflicting);
  EXPECT_TRUE(made.is_abstention);
  EXPECT_EQ(made.verdict, Verdict::kNotEnoughInfo);
  EXPECT_EQ(made.confidence, made.scores[2]);
  Calibration any_side = plain_calibration();
  any_side.least = 0;
  EXPECT_EQ(judged({pair_of("a", kYes, 0.9), pair_of("b", kNo, 0.91)}, any_side).verdict,
            Verdict::kNotEnoughInfo);
  // Two to one is enough: 0.95 of the first, 0.5 of the other.
  const Judgement clear = judged({pair_of("a", kYes, 0.87), pair_of("b", kNo, 0.47)}, any_side);
  EXPECT_TRUE(clear.is_conflicting);
  EXPECT_EQ(clear.verdict, Verdict::kSupported);
}

TEST(verdict, a_skewed_calibration_makes_no_verdict_of_nothing) {
  Calibration skewed = plain_calibration();
  for (const std::array<double, 3>& unheard :
       {std::array<double, 3>{0.953, 0.02, 0.027}, {0, 1, 0}, {0.4, 0.2, 0.4}}) {
    skewed.unheard = unheard;
    skewed.least = 0.3;
    const Judgement made = judged({}, skewed);
    EXPECT_EQ(made.verdict, Verdict::kNotEnoughInfo);
    EXPECT_FALSE(made.is_abstention);
    EXPECT_GE(made.scores[2], std::max(made.scores[0], made.scores[1]));
    EXPECT_EQ(made.confidence, made.scores[2]);
    EXPECT_NEAR(made.scores[0] + made.scores[1] + made.scores[2], 1, 1e-12);
    expect_same(judged({pair_of("a", kYes, 0.01)}, skewed), made);
  }
}

TEST(verdict, a_side_has_to_be_ahead_by_enough) {
  // Relevance sigmoid(0.4) = 0.6 of one source; its stance 0.6: 0.36 for, 0.24 against, 0.4 open.
  Calibration c = plain_calibration();
  c.stance_weights[kNliStance] = 0.448;
  const Judgement behind = judged({pair_of("a", kYes, 0.55)}, c);
  EXPECT_EQ(behind.verdict, Verdict::kNotEnoughInfo);
  EXPECT_FALSE(behind.is_abstention);
  c.stance_weights[kNliStance] = 1.3;  // 0.75: 0.45 for.
  const Judgement ahead = judged({pair_of("a", kYes, 0.55)}, c);
  EXPECT_GT(ahead.scores[0], ahead.scores[2]);
  EXPECT_EQ(ahead.verdict, Verdict::kNotEnoughInfo);
  EXPECT_TRUE(ahead.is_abstention);
  EXPECT_EQ(ahead.confidence, ahead.scores[2]);
  c.least = 0.4;
  EXPECT_EQ(judged({pair_of("a", kYes, 0.55)}, c).verdict, Verdict::kSupported);
}

TEST(verdict, the_conformal_set_has_what_scores_enough_and_the_verdict) {
  Calibration c = plain_calibration();
  EXPECT_TRUE(judged({pair_of("a", kYes, 0.9)}, c).conformal_set.empty());
  c.conformal_level = 0.9;
  c.conformal_least = 0.2;
  EXPECT_EQ(judged({pair_of("a", kYes, 0.9)}, c).conformal_set,
            std::vector<Verdict>{Verdict::kSupported});
  EXPECT_EQ(judged({pair_of("a", kYes, 0.5)}, c).conformal_set,
            (std::vector<Verdict>{Verdict::kSupported, Verdict::kNotEnoughInfo}));
}

TEST(verdict, what_was_not_read_whole_leaves_everything_open) {
  std::vector<JudgedPair> pairs = {pair_of("a", kYes, 0.9), pair_of("b", kNo, 0.9)};
  Calibration calibration = plain_calibration();
  calibration.conformal_level = 0.9;
  calibration.conformal_least = 0.2;
  EXPECT_EQ(judged({pairs[0]}, calibration).verdict, Verdict::kSupported);
  pairs[1].is_cut = true;
  const Judgement made = judged(pairs, calibration);
  EXPECT_EQ(made.verdict, Verdict::kNotEnoughInfo);
  EXPECT_TRUE(made.is_abstention);
  EXPECT_EQ(made.voices[1].voice, Voice::kUnread);
  EXPECT_EQ(made.voices[1].weight, 0);
  EXPECT_EQ(made.scores, judged({pairs[0]}, calibration).scores);  // Of what was read.
  EXPECT_EQ(made.conformal_set.size(), 3u);
  EXPECT_NE(made.reason.find("could not read 1 of 2 sentences"), std::string::npos) << made.reason;
}

TEST(verdict, what_rules_say_moves_the_stance) {
  Calibration c = plain_calibration();
  c.stance_weights = {0, 0.5, -1, -2};
  JudgedPair pair = pair_of("a", kYes, 0.9);
  EXPECT_NEAR(judged({pair}, c).voices[0].stance, 0.5, 1e-12);
  pair.reading.direction = -1;
  EXPECT_NEAR(judged({pair}, c).voices[0].stance, sigmoid(-0.5), 1e-12);
  pair.reading.mismatches = {
      {.kind = MismatchKind::kNegation, .in_claim = {}, .in_sentence = {}, .reason = ""}};
  EXPECT_NEAR(judged({pair}, c).voices[0].stance, sigmoid(-1.5), 1e-12);
  pair.reading.mismatches.push_back(
      {.kind = MismatchKind::kUnit, .in_claim = {}, .in_sentence = {}, .reason = ""});
  EXPECT_NEAR(judged({pair}, c).voices[0].stance, sigmoid(-3.5), 1e-12);
}

TEST(verdict, nothing_is_said_without_evidence) {
  const Judgement made = judged({});
  EXPECT_EQ(made.verdict, Verdict::kNotEnoughInfo);
  EXPECT_FALSE(made.is_abstention);
  EXPECT_EQ(made.scores, plain_calibration().unheard);
  EXPECT_EQ(made.confidence, 0.7);
  EXPECT_EQ(made.reason, "there is no evidence");
  expect_same(judged({pair_of("a", kYes, 0.01)}), made);
}

TEST(verdict, the_default_says_what_a_sure_model_says_of_a_near_sentence) {
  JudgedPair pair = pair_of("a", {.entailment = 6, .contradiction = -3, .neutral = -2}, 0.85);
  pair.nearness.passage_cosine = 0.8;
  pair.nearness.passage_rank = 1;
  pair.reading.overlap = 0.9;
  pair.reading.n_claim_words = 8;
  EXPECT_EQ(judged({pair}, default_calibration()).verdict, Verdict::kSupported);
  std::swap(pair.logits.entailment, pair.logits.contradiction);
  EXPECT_EQ(judged({pair}, default_calibration()).verdict, Verdict::kRefuted);
  pair.reading.overlap = 0;
  pair.nearness.cosine = 0.1;
  pair.nearness.passage_cosine = 0.1;
  pair.nearness.passage_rank = 9;
  EXPECT_EQ(judged({pair}, default_calibration()).verdict, Verdict::kNotEnoughInfo);
}

TEST(verdict, names_of_other_sets_are_read) {
  EXPECT_EQ(*verdict_from_name("SUPPORTS"), Verdict::kSupported);
  EXPECT_EQ(*verdict_from_name("support"), Verdict::kSupported);
  EXPECT_EQ(*verdict_from_name("CONTRADICT"), Verdict::kRefuted);
  EXPECT_EQ(*verdict_from_name("NOT ENOUGH INFO"), Verdict::kNotEnoughInfo);
  EXPECT_EQ(*verdict_from_name("not_enough_info"), Verdict::kNotEnoughInfo);
  EXPECT_EQ(verdict_from_name("maybe").status().code(), Code::kBadInput);
  for (const Verdict v : {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo}) {
    EXPECT_EQ(*verdict_from_name(verdict_name(v)), v);
  }
}

TEST(verdict, logits_that_are_no_numbers_are_refused) {
  const JudgedPair pair = pair_of("a", {.entailment = std::numeric_limits<float>::quiet_NaN()}, 1);
  EXPECT_EQ(judge({&pair, 1}, default_calibration()).status().code(), Code::kBadInput);
}

}  // namespace quern::apps
