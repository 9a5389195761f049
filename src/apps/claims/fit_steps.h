// One fit of a calibration, in its steps: temperature, relevance, stance, what is enough, what is
// cited. claim_fit.h checks what goes in and measures what comes out.

#pragma once

#include <span>

#include "apps/claims/claim_fit.h"

namespace quern::apps {

/// Errors: kBadInput where the claims have too little of something to be learnt from.
Result<Calibration> fit_once(std::span<const FitClaim* const> claims, const FitWish& wish);

}  // namespace quern::apps
