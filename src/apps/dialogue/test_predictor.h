// A predictor's file of a few words, by a small model of tests/data, for the tests of this folder
// and of those that use it.

#pragma once

#include <string>
#include <vector>

#include "apps/dialogue/dialogue_vectors.h"
#include "apps/dialogue/predictor_file.h"
#include "apps/dialogue/write_predictor.h"
#include "apps/store_model.h"
#include "apps/text_embedder.h"

namespace quern::apps {

inline std::vector<Dialogue> spoken_dialogues(int n) {
  std::vector<Dialogue> out;
  const char* things[] = {"cat", "dog", "tree", "house", "river", "stone"};
  for (int i = 0; i < n; ++i) {
    Dialogue dialogue;
    const std::string thing = things[i % 6];
    for (int t = 0; t < 4; ++t) {
      dialogue.turns.push_back(
          {.speaker = std::to_string(t % 2),
           .text = thing + " " + std::to_string(i) + " the " + thing + " " + std::to_string(t)});
    }
    out.push_back(dialogue);
  }
  return out;
}

/// Trained on 60 spoken dialogues, whose second to last turns are its candidates.
inline Status write_spoken_predictor(const std::string& path, engine::Engine& engine,
                                     const std::string& model, const ContextSpec& context,
                                     ThreadPool& pool) {
  QUERN_ASSIGN(const TextEmbedder embedder, TextEmbedder::open(engine, {.model = model}));
  QUERN_ASSIGN(const auto vectors, vectors_of(spoken_dialogues(60), {.embedder = &embedder}));
  QUERN_ASSIGN(const TurnPredictor trained,
               TurnPredictor::train(vectors, pool, {.context = context}));
  QUERN_ASSIGN(const store::VectorSpace space, space_of(embedder, model));
  const NamedPredictor named[] = {{kMainPredictor, &trained}};
  return write_predictor_file(path, {.space = space,
                                     .predictors = named,
                                     .dialogues = DialoguesInMemory(vectors),
                                     .made_by = "test"});
}

}  // namespace quern::apps
