// A stored verdict made again from its stored inputs: the claim and sentences, the logits, how near
// each sentence was, and the calibration.

#pragma once

#include "apps/claims/claims_db.h"
#include "base/status.h"

namespace quern::apps {

/// Judges the stored inputs again and compares what comes out with what was said then, to the byte,
/// and every column of the claim's rows with it or with their digest.
/// Errors: kBadInput saying where they differ; kUnsupported where another version of the pipeline
/// made the verdict.
Status replay_claim(const StoredClaim& stored);

}  // namespace quern::apps
