// Predictors and the turns that they choose from, written as one file (predictor_file.h reads it).

#pragma once

#include <span>
#include <string>

#include "apps/dialogue/dialogue_source.h"
#include "apps/dialogue/go_on.h"
#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"
#include "store/vector/space.h"

namespace quern::apps {

struct NamedPredictor {
  std::string name;
  const TurnPredictor* predictor = nullptr;
};

struct PredictorFileParts {
  store::VectorSpace space = {};               // Whose vectors turns have: the encoder.
  std::span<const NamedPredictor> predictors;  // kMainPredictor among them.
  const DialogueSource& dialogues;             // Their turns that follow another are candidates.
  std::string made_by = {};                    // For people.
  GoOn go_on = {};                             // May be empty.
};

/// All of it or nothing; memory does not grow with the candidates' texts and vectors. Candidates of
/// the same text are one. Errors: kUnavailable where something is at `path` already; kBadInput
/// without candidates; kIo; kCancelled; those of the dialogues.
Status write_predictor_file(const std::string& path, const PredictorFileParts& parts);

}  // namespace quern::apps
