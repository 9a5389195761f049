// Sentences that are longer than the model reads beside their claim, as pieces that it reads whole.

#pragma once

#include <string>
#include <vector>

#include "apps/claims/claim_evidence.h"
#include "apps/entailment.h"
#include "base/status.h"

namespace quern::apps {

/// Of one claim's evidence; a sentence that fits is one.
inline constexpr std::size_t kMaxPieces = 4'000;

/// Puts the pieces of each sentence that is too long in its place: of the same source, number and
/// nearness, with the bytes of their own. A claim that leaves less than a quarter of what the model
/// reads gets no pieces: what does not fit beside it stays, is cut, and no verdict comes of it.
/// Cost: long texts are tokenised, short ones are not. Errors: kTooLarge.
Status cut_into_pieces(const Entailment& model, const std::string& claim,
                       std::vector<EvidenceSentence>& sentences);

}  // namespace quern::apps
