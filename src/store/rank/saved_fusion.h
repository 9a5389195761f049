// A learnt fusion as it is kept with a store.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "store/rank/fusion_fit.h"

namespace quern::store {

/// The name of the fit in the catalog.
inline constexpr const char* kFusionFit = "fusion";

/// {"fusion": {"kind", "alpha"}, "logistic": {"weights", "bias"}?, "report": {...}}: numbers as
/// they are, to the bit.
std::string json_from_fusion(const FusionFit& fit);

/// Errors: kBadInput naming what is missing or cannot be.
Result<FusionFit> fusion_from_json(std::string_view json);

}  // namespace quern::store
