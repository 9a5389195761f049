// Of NLI scores, the label with the largest, and all three under their names.

#pragma once

#include <optional>
#include <string>

#include "apps/claims/calibration.h"
#include "apps/claims/claim_evidence.h"

namespace quern::serve {

struct NliShare {
  const char* label;  // "entailment", "contradiction", "neutral".
  double share;
};

/// What is said of a pair, and how many of its tokens the model did not see.
struct NliSaid {
  apps::NliScores scores;
  int n_dropped = 0;
};

NliShare surest_label(const apps::NliScores& scores);

/// {"entailment","contradiction","neutral"}: each under its own name.
std::string nli_scores_json(const apps::NliScores& scores);

// How an answer names a sentence and its source.
std::string sentence_id(const apps::EvidenceSentence& sentence);
const std::string& source_name(const apps::EvidenceSentence& sentence);

/// A cosine as a share: what points away is not near at all. Nothing where none is known.
std::optional<double> similarity_of(const apps::EvidenceSentence& sentence);

}  // namespace quern::serve
