// How near evidence that somebody brings along is to its claim, by cosines alone. Several claims
// share requests.

#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "apps/claims/claim_evidence.h"
#include "apps/text_embedder.h"
#include "base/status.h"

namespace quern::apps {

/// A claim and what was brought along for it. All is borrowed.
struct GivenForClaim {
  std::string_view claim;
  std::vector<EvidenceSentence*> sentences;  // In order.
  Status status = {};                        // Out: what is wrong with one of its texts.
};

/// Gives sentences their cosines with their claim; a passage is what a source says in a row. The
/// numbers are those of each claim alone, to the bit. `is_stopped` is asked between requests; may
/// be empty. Errors: as a request's to the engine, of all claims; kCancelled.
Status measure_given(std::span<GivenForClaim> claims, const TextEmbedder& embedder,
                     engine::WorkClass work_class, const std::function<bool()>& is_stopped = {});

}  // namespace quern::apps
