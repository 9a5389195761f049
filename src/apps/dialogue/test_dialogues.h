// Made-up dialogues for the tests of this folder: each stays near a topic of its own, and what the
// second speaker says leans to one side.

#pragma once

#include <cmath>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "apps/dialogue/dialogue_vectors.h"
#include "apps/dialogue/turn_spool.h"
#include "apps/dialogue/vector_math.h"

namespace quern::apps {

inline std::vector<DialogueVectors> made_up_dialogues(int n, int d = 8, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  const auto draw = [&] { return static_cast<float>(random() >> 11) / 4503599627370496.0f - 1; };
  std::vector<DialogueVectors> out;
  for (int i = 0; i < n; ++i) {
    std::vector<float> topic(static_cast<std::size_t>(d));
    for (float& x : topic) x = draw();
    Dialogue dialogue;
    DialogueVectors vectors = {.d = d};
    const int n_turns = 2 + static_cast<int>(random() % 7);
    for (int t = 0; t < n_turns; ++t) {
      std::vector<float> turn = topic;
      for (float& x : turn) x += 0.7f * draw();
      turn[0] += t % 2 == 0 ? 1.0f : -1.0f;
      to_unit(turn);
      vectors.turns.insert(vectors.turns.end(), turn.begin(), turn.end());
      vectors.texts.push_back("turn " + std::to_string(t) + " of " + std::to_string(i));
      dialogue.turns.push_back({.speaker = std::to_string(t % 2), .text = vectors.texts.back()});
    }
    vectors.extras = turn_extras(dialogue);
    out.push_back(std::move(vectors));
  }
  return out;
}

/// The same dialogues, of 8 numbers a turn, on the disk of `folder`.
inline TurnSpool spooled(std::span<const DialogueVectors> dialogues, const std::string& folder) {
  auto out = TurnSpool::create(folder, 8);
  EXPECT_TRUE(out.ok()) << out.status().message();
  for (const DialogueVectors& dialogue : dialogues) {
    EXPECT_TRUE(out->begin_dialogue().ok());
    for (std::size_t t = 0; t < dialogue.n_turns(); ++t) {
      EXPECT_TRUE(out->add_turn(dialogue.texts[t], dialogue.turn(t),
                                std::span(dialogue.extras).subspan(t * kTurnExtras, kTurnExtras))
                      .ok());
    }
  }
  return std::move(*out);
}

}  // namespace quern::apps
