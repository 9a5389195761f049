#include "apps/dialogue/next_turns.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/dialogue/test_predictor.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

class next_turns : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    open({.n_turns = 2, .reservoir = echo_state_spec(20, 1)});
  }

  void open(const ContextSpec& context) {
    const std::string file = path("talks.qdp");
    std::filesystem::remove(file);
    const Status written =
        write_spoken_predictor(file, *engine_, fixture_model("tiny-mean-f32"), context, pool_);
    ASSERT_TRUE(written.ok()) << written.message();
    auto opened = PredictorFile::open(file);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    file_ = std::move(*opened);
    embedder_.emplace(*file_->embedder(*engine_));
  }

  NextTurnService service(DialogueCache* cache = nullptr) {
    return *NextTurnService::make(
        {.file = file_.get(), .embedder = &*embedder_, .pool = &pool_, .cache = cache});
  }

  /// Dialogues of words that begin alike now and then, some of them equal, of 1 to 8 turns.
  std::vector<Dialogue> overlapping(int n, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const char* words[] = {"cat", "dog", "the river"};
    std::vector<Dialogue> out;
    for (int i = 0; i < n; ++i) {
      Dialogue dialogue;
      const auto n_turns = 1 + random() % 8;
      for (std::size_t t = 0; t < n_turns; ++t) {
        dialogue.turns.push_back(
            {.speaker = std::to_string(random() % 2), .text = words[random() % 3]});
        if (random() % 4 == 0) dialogue.turns.back().gap_seconds = 5;
      }
      out.push_back(dialogue);
    }
    return out;
  }

  ThreadPool pool_{2};
  std::unique_ptr<PredictorFile> file_;
  std::optional<TextEmbedder> embedder_;
};

std::string json_of(const NextOutcome& outcome) {
  return outcome.status.ok() ? json_from_next(outcome.next) : outcome.status.message();
}

}  // namespace

TEST_F(next_turns, whole_or_turn_by_turn_a_dialogue_has_the_same_bits) {
  for (const ContextSpec& context :
       {ContextSpec{.n_turns = 3}, ContextSpec{.n_turns = 1, .reservoir = liquid_spec(20, 1)}}) {
    open(context);
    const NextTurnService all = service();
    const Dialogue dialogue = spoken_dialogues(4)[3];
    const auto whole = all.after(dialogue, {.n_wanted = 3});
    ASSERT_TRUE(whole.ok()) << whole.status().message();
    ASSERT_EQ(whole->turns.size(), 3u);
    // As the predictor has it of all turns at once.
    const auto vectors = vectors_of({dialogue}, {.embedder = &*embedder_});
    const auto predicted = *all.predictor().predict(*vectors, pool_);
    const auto last = std::span(predicted[0]).last(static_cast<std::size_t>(embedder_->d()));
    EXPECT_EQ(json_from_next(*whole),
              json_from_next(*file_->nearest(all.predictor(), last, 3, pool_)));
    ConversationState state = new_conversation(all.predictor());
    std::string heard;
    for (const Turn& turn : dialogue.turns) {
      const auto one = all.vectors(std::span(&turn, 1), {});
      heard = json_from_next(*all.hear(state, std::span(&turn, 1), *one, 3));
    }
    EXPECT_EQ(heard, json_from_next(*whole));
  }
}

TEST_F(next_turns, with_or_without_cache_in_any_company_and_order_bits_are_the_same) {
  const NextTurnService plain = service();
  for (const std::size_t n_bytes : {std::size_t{4} << 20, std::size_t{256} << 10}) {
    DialogueCache cache(engine_->ledger(), {.n_bytes = n_bytes});
    const NextTurnService cached = service(&cache);
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      const auto dialogues = overlapping(1 + static_cast<int>(seed) * 12, seed / 2);
      const NextAsk ask = {.n_wanted = 1 + static_cast<std::uint32_t>(seed % 3)};
      const auto together = cached.after(dialogues, ask);
      for (std::size_t i = 0; i < dialogues.size(); ++i) {
        const auto alone = plain.after(dialogues[i], ask);
        ASSERT_TRUE(alone.ok()) << alone.status().message();
        ASSERT_EQ(json_of(together[i]), json_from_next(*alone)) << seed << " " << i;
        ASSERT_EQ(json_from_next(*cached.after(dialogues[i], ask)), json_from_next(*alone));
      }
      EXPECT_LE(cache.stats().n_bytes, n_bytes);
    }
  }
}

TEST_F(next_turns, a_beginning_is_heard_once_and_only_the_rest_after_that) {
  DialogueCache cache(engine_->ledger(), {.n_bytes = 4 << 20});
  const NextTurnService cached = service(&cache);
  Dialogue dialogue = spoken_dialogues(1)[0];
  Dialogue other = dialogue;
  other.turns[3].text = "another end";
  ASSERT_TRUE(cached.after(std::vector{dialogue, other, dialogue}, {})[2].status.ok());
  EXPECT_EQ(cache.stats().n_turns_heard, 5);  // Three that they share, and two ends.
  EXPECT_EQ(cache.stats().n_shared, 1);
  EXPECT_EQ(cache.stats().n_prediction_misses, 2);
  ASSERT_TRUE(cached.after(dialogue).ok());
  EXPECT_EQ(cache.stats().n_prediction_hits, 1);
  EXPECT_EQ(cache.stats().n_turns_heard, 5);
  dialogue.turns.push_back({.speaker = "0", .text = "and more"});
  ASSERT_TRUE(cached.after(dialogue).ok());
  EXPECT_EQ(cache.stats().n_turns_heard, 6);
  EXPECT_EQ(cache.stats().n_turns_known, 4);
  // Another number of candidates is another answer; who speaks and when counts, too.
  ASSERT_TRUE(cached.after(dialogue, {.n_wanted = 2}).ok());
  EXPECT_EQ(cache.stats().n_prediction_hits, 1);
  dialogue.turns[0].gap_seconds = 1;
  ASSERT_TRUE(cached.after(dialogue).ok());
  EXPECT_EQ(cache.stats().n_turns_heard, 6 + 1 + 5);
  EXPECT_GT(cache.clear(), 0u);
  EXPECT_EQ(cache.stats().n_states, 0u);
  EXPECT_EQ(cache.stats().n_bytes, 0u);
}

TEST_F(next_turns, two_services_share_a_cache_and_no_answer) {
  DialogueCache cache(engine_->ledger(), {.n_bytes = 4 << 20});
  const NextTurnService one = service(&cache), other = service(&cache);
  const Dialogue dialogue = spoken_dialogues(1)[0];
  ASSERT_TRUE(one.after(dialogue).ok() && other.after(dialogue).ok());
  EXPECT_EQ(cache.stats().n_prediction_hits, 0);
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
}

TEST_F(next_turns, a_bad_dialogue_fails_alone) {
  const NextTurnService all = service();
  auto dialogues = spoken_dialogues(3);
  dialogues[1].turns.clear();
  dialogues[2].turns[1].text = "   ";
  const auto out = all.after(dialogues, {});
  EXPECT_TRUE(out[0].status.ok());
  EXPECT_THAT(out[1].status.message(), HasSubstr("has no turn"));
  EXPECT_EQ(out[2].status.code(), Code::kBadInput);
  EXPECT_THAT(out[2].status.message(), HasSubstr("turn 2"));
  EXPECT_EQ(all.after(Dialogue()).status().code(), Code::kBadInput);
  const NextAsk stopped = {.is_stopped = [] { return true; }};
  EXPECT_EQ(all.after(dialogues[0], stopped).status().code(), Code::kCancelled);
}

TEST_F(next_turns, a_dialogue_of_many_turns_is_heard_by_and_by) {
  const NextTurnService all = service();
  DialogueCache cache(engine_->ledger(), {.n_bytes = 8 << 20});
  const NextTurnService cached = service(&cache);
  Dialogue dialogue;
  for (int t = 0; t < 5000; ++t) {
    dialogue.turns.push_back(
        {.speaker = std::to_string(t % 2), .text = t % 3 == 0 ? "cat" : "dog"});
  }
  const auto whole = cached.after(dialogue);
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  EXPECT_LT(cache.stats().n_states, 250u);
  dialogue.turns.resize(4960);  // Every so many turns there is a state.
  const auto shorter = cached.after(dialogue);
  EXPECT_GT(cache.stats().n_turns_known, 4900);
  EXPECT_EQ(json_from_next(*shorter), json_from_next(*all.after(dialogue)));
}

TEST_F(next_turns, what_a_cache_did_can_be_read) {
  DialogueCacheStats stats;
  stats.n_prediction_hits = 3;
  stats.n_prediction_misses = 1;
  const auto json = nlohmann::json::parse(json_from_cache(stats, engine::ResultCacheStats{}));
  EXPECT_EQ(json["prediction_cache"]["hit_rate"], 0.75);
  EXPECT_EQ(json["state_cache"]["hit_rate"], 0);
  EXPECT_EQ(json["encoding_cache"]["hits"], 0);
  EXPECT_FALSE(nlohmann::json::parse(json_from_cache(stats, {})).contains("encoding_cache"));
}

}  // namespace quern::apps
