#include "apps/dialogue/context_reader.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {
namespace {

using testing::ElementsAre;

using AllSeen = std::map<std::pair<std::size_t, std::size_t>, std::vector<float>>;

/// x, and the mean behind it.
AllSeen all_seen(const ContextReader& reader, std::span<const DialogueVectors> dialogues,
                 int n_threads) {
  ThreadPool pool(n_threads);
  AllSeen out;
  const Status read = reader.read(dialogues, pool, [&](const ContextReader::Seen& seen) -> Status {
    std::vector<float>& all = out[{seen.i_dialogue, seen.i_turn}];
    all.assign(seen.x.begin(), seen.x.end());
    all.insert(all.end(), seen.mean.begin(), seen.mean.end());
    return {};
  });
  EXPECT_TRUE(read.ok()) << read.message();
  return out;
}

std::vector<ContextSpec> specs() {
  return {{.n_turns = 1},
          {.n_turns = 3},
          {.n_turns = 1, .reservoir = echo_state_spec(50, 1)},
          {.n_turns = 2, .reservoir = liquid_spec(50, 1)}};
}

}  // namespace

TEST(context_reader, what_is_seen_is_the_last_turns_what_is_known_of_them_and_the_mean) {
  const auto reader = ContextReader::make({.n_turns = 2}, 2);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->d_x(), 2 * 2 + kTurnExtras);
  DialogueVectors dialogue = {.d = 2, .turns = {1, 0, 0, 1, -1, 0}, .texts = {"a", "b", "c"}};
  dialogue.extras = {1, 0, 0, 0, -1, 0, 0, 0.05f, 1, 0, 0, 0.1f};
  const AllSeen seen = all_seen(*reader, std::span(&dialogue, 1), 1);
  EXPECT_THAT(seen.at({0, 0}), ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1, 0));
  EXPECT_THAT(seen.at({0, 1}), ElementsAre(0, 1, 1, 0, -1, 0, 0, 0.05f, 0.5f, 0.5f));
  EXPECT_THAT(seen.at({0, 2}), ElementsAre(-1, 0, 0, 1, 1, 0, 0, 0.1f, 0, 1.0f / 3));
}

TEST(context_reader, heard_alone_in_company_and_by_any_threads_all_is_the_same_to_the_bit) {
  const auto dialogues = made_up_dialogues(100);
  for (const ContextSpec& spec : specs()) {
    const auto reader = ContextReader::make(spec, 8);
    ASSERT_TRUE(reader.ok()) << reader.status().message();
    const AllSeen seen = all_seen(*reader, dialogues, 1);
    EXPECT_EQ(seen, all_seen(*reader, dialogues, 4));
    const AllSeen alone = all_seen(*reader, std::span(dialogues).subspan(41, 1), 1);
    ThreadPool pool(1);
    std::vector<float> state(reader->n_state()), x(static_cast<std::size_t>(reader->d_x())),
        mean(8);
    for (std::size_t t = 0; t < dialogues[41].n_turns(); ++t) {
      const auto extras = std::span(dialogues[41].extras).subspan(t * kTurnExtras, kTurnExtras);
      const ContextReader::Hearing hearing = {dialogues[41].turn(t), extras, state, x, mean};
      reader->hear(std::span(&hearing, 1), pool);
      std::vector<float> heard = x;
      heard.insert(heard.end(), mean.begin(), mean.end());
      EXPECT_EQ(heard, seen.at({41, t}));
      EXPECT_EQ(alone.at({0, t}), seen.at({41, t}));
    }
  }
}

TEST(context_reader, a_reservoir_remembers_what_the_last_turn_does_not_say) {
  auto dialogues = made_up_dialogues(2);
  dialogues[1] = dialogues[0];
  dialogues[1].turns[0] = -dialogues[1].turns[0];
  for (const ContextSpec& spec : specs()) {
    if (!spec.reservoir) continue;
    const auto reader = ContextReader::make({.n_turns = 1, .reservoir = spec.reservoir}, 8);
    const AllSeen seen = all_seen(*reader, dialogues, 1);
    auto a = seen.at({0, 1}), b = seen.at({1, 1});
    a.resize(static_cast<std::size_t>(reader->d_x()));  // Less the mean.
    b.resize(a.size());
    EXPECT_NE(a, b);
  }
}

TEST(context_reader, what_is_kept_of_a_conversation_is_small) {
  const auto echo = ContextReader::make({.n_turns = 1, .reservoir = echo_state_spec(1000, 1)}, 384);
  ASSERT_TRUE(echo.ok());
  EXPECT_LE(echo->n_state() * sizeof(float), 8u * 1000 + 64);
  EXPECT_EQ(ContextReader::make({.n_turns = 1}, 384)->n_state(), 385u);
}

TEST(context_reader, specs_that_are_not_right_are_refused) {
  EXPECT_EQ(ContextReader::make({.n_turns = 0}, 8).status().code(), Code::kBadInput);
  EXPECT_EQ(ContextReader::make({.n_turns = 17}, 8).status().code(), Code::kBadInput);
  ContextSpec spec = {.n_turns = 1, .reservoir = echo_state_spec(10, 1)};
  spec.reservoir->leak = 2;
  EXPECT_EQ(ContextReader::make(spec, 8).status().code(), Code::kBadInput);
}

}  // namespace quern::apps
