// A claim of several statements, each judged by itself, and what that makes of the whole:
//
//   REFUTED          any part is
//   SUPPORTED        all parts are
//   NOT_ENOUGH_INFO  else
//
//   score of SUPPORTED        the least that a part has: a chain holds as its weakest link
//   score of REFUTED          the most that a part has: it breaks where one does
//   score of NOT_ENOUGH_INFO  the rest
//
// They are the bounds that hold however the parts depend on each other: all cannot be right more
// often than the least likely one is, nor any less often than the likeliest.

#pragma once

#include <array>
#include <string>
#include <vector>

#include "apps/claims/claim_json.h"
#include "apps/claims/claim_parts.h"
#include "apps/claims/verify_claim.h"

namespace quern::apps {

struct ClaimOfParts {
  std::string claim;
  std::vector<ClaimPart> parts;
  std::vector<ClaimResult> results;  // [parts]
  Verdict verdict = Verdict::kNotEnoughInfo;
  double confidence = 0;  // scores[verdict]
  std::array<double, 3> scores = {0, 0, 1};
  bool is_abstention = false;  // A part could not be decided, whose sides are ahead.
  std::string reason = {};     // Which part decides.
};

/// Of one part at least, all of them judged. Of a single one the verdict is that of the whole.
ClaimOfParts combine_parts(std::string claim, std::vector<ClaimPart> parts,
                           std::vector<ClaimResult> results);

/// {"claim","verdict","confidence","scores","abstained","reason","parts"}; each part as
/// json_from_claim has it, with the "span" of its own bytes in the claim. In one line, without an
/// end.
std::string json_from_parts(const ClaimOfParts& whole, ClaimTimes times);

}  // namespace quern::apps
